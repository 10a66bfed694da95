/**
 * The single executable: the pinned runtime with the program, its manifest and koffi's compiled part inside (single executable
 * applications of the Node.js manual). Debug symbols are taken out before anything is put in: afterwards `strip` breaks the file. The
 * symbols the runtime exports stay, for OpenSSL is called through them. For another machine there are no caches: nobody says that its V8
 * may take ours.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EMBEDDED } from '../../src/embedded.ts';
import { ROOT } from '../sources.ts';
import { writePrograms, writeSingleLoader } from './bundle.ts';
import { writeCaches } from './code-cache.ts';
import type { Machine } from './machines.ts';
import { installedMachine } from './machines.ts';

/** As bin/overcoat starts the runtime. Its own way of calling C loads the binding, and would warn of being new. */
export const RUNTIME_OPTIONS = [
  '--disable-sigusr1',
  '--disable-warning=SecurityWarning',
  '--disable-warning=ExperimentalWarning',
  '--disable-proto=delete',
  '--max-semi-space-size=1',
];

/** @param output where to, an absolute path @returns the names of the packages whose code became part of the program */
export async function writeSingle(machine: Machine, output: string): Promise<readonly string[]> {
  const work = mkdtempSync(join(tmpdir(), 'overcoat-single-'));
  try {
    await writeSingleLoader(join(work, 'loader.cjs'));
    const packages = await writePrograms(join(work, 'programs'));
    if (machine.name === installedMachine().name) writeCaches(join(work, 'programs'), machine);
    stripped(machine, machine.runtime, join(work, 'node'));
    stripped(machine, machine.binding, join(work, EMBEDDED.binding));
    copyFileSync(join(ROOT, 'package.json'), join(work, EMBEDDED.manifest));
    const settings = {
      main: 'loader.cjs',
      executable: 'node',
      output,
      disableExperimentalSEAWarning: true,
      useCodeCache: false,
      execArgv: RUNTIME_OPTIONS,
      execArgvExtension: 'none',
      assets: Object.fromEntries([
        ...Object.values(EMBEDDED).map((name) => [name, name]),
        ...readdirSync(join(work, 'programs'))
          .sort()
          .map((name) => [name, join('programs', name)]),
      ]),
    };
    writeFileSync(join(work, 'settings.json'), JSON.stringify(settings));
    execFileSync(process.execPath, ['--build-sea', 'settings.json'], { cwd: work, stdio: ['ignore', 'ignore', 'inherit'] });
    chmodSync(output, 0o755);
    return packages;
  } finally {
    rmSync(work, { recursive: true });
  }
}

function stripped({ strip }: Machine, from: string, to: string): void {
  try {
    execFileSync(strip, ['--strip-all', '-o', to, from], { stdio: ['ignore', 'ignore', 'inherit'] });
  } catch (cause) {
    throw new Error(`${strip} failed; it is part of binutils`, { cause });
  }
}
