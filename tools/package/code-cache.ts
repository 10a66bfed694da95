/**
 * What V8 has made of a program, kept beside it: reading that takes a start a fraction of compiling. Besides what is compiled with the
 * file (eager.ts) it holds every function that a rehearsal has called. It is the same bytes at every build: with `--predictable` V8
 * leaves chance and threads out, without that mattering to whether a cache fits, and a rehearsal is of work that waits for nobody.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Entry } from '../../src/self.ts';
import { ENTRIES } from '../../src/self.ts';
import { ROOT } from '../sources.ts';
import type { Machine } from './machines.ts';
import { cacheName, programName } from './program-files.ts';

/** V8 asks whether a cache was made with the options it has now; those that leave out chance and threads it does not count. */
const OPTIONS = ['--predictable', '--random-seed=1', '--max-semi-space-size=1'];

/** A configuration of no files and no certificates, which would be of a day and of a machine. */
const CONFIGURATION = '[rehearsal]\nclient = yes\naccept = 127.0.0.1:0\nconnect = 127.0.0.1:1\n';

/** The words a program is run with, in a folder with that configuration. */
const REHEARSALS: Partial<Record<Entry, readonly string[]>> = { main: ['check', 'overcoat.conf'], version: ['--version'] };

/** For each program of an entry in the folder. @param machine this one: its runtime is started */
export function writeCaches(folder: string, { runtime }: Machine): void {
  const work = mkdtempSync(join(tmpdir(), 'overcoat-rehearsal-'));
  try {
    writeFileSync(join(work, 'overcoat.conf'), CONFIGURATION);
    for (const entry of Object.keys(ENTRIES) as Entry[]) {
      const files = [programName(entry), cacheName(entry, process.arch)].map((name) => join(folder, name));
      const words = [...OPTIONS, join(ROOT, 'tools/package/make-cache.ts'), ...files, ...(REHEARSALS[entry] ?? [])];
      execFileSync(runtime, words, { cwd: work, env: {}, stdio: ['ignore', 'ignore', 'inherit'] });
    }
  } finally {
    rmSync(work, { recursive: true });
  }
}
