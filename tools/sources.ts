/** What the checks look at: the files of the project as they are on disk, without what is installed, built or ignored. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export const ROOT = join(import.meta.dirname, '..');
const NOT_OURS = new Set(['.git', 'node_modules', 'dist', 'test-artefacts', 'tmp']);

export interface Source {
  /** Path from the top of the checkout, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** One finding, printed as `path:line: text`; line 0 for the file as a whole. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

/** All files below `folders` whose path ends in one of `endings` (all files by default). */
export function sources(folders: readonly string[], endings: readonly string[] = ['']): Source[] {
  const files = folders.flatMap((folder) => filesBelow(join(ROOT, folder)));
  const wanted = files.filter((file) => endings.some((ending) => file.endsWith(ending)));
  return wanted.map((file) => ({ path: relative(ROOT, file), text: readFileSync(file, 'utf8') }));
}

/** Prints the findings; the exit code says whether there were any. A check that looked at nothing fails. */
export function conclude(looked: number, findings: readonly Finding[]): void {
  if (looked === 0) console.error('nothing to look at: is this the top of a checkout?');
  for (const { path, line, text } of findings) console.error(line === 0 ? `${path}: ${text}` : `${path}:${line}: ${text}`);
  process.exitCode = looked === 0 || findings.length > 0 ? 1 : 0;
}

/** 1-based line of a position in a text. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    if (NOT_OURS.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}
