/**
 * `npm run promises [-- WORD...]`: runs every test that docs/promises.md and docs/threat-model.md name, once, and keeps what each gave in
 * figures.json; with words only those whose path contains one of them, beside the figures that are there. A test that fails has no
 * figure, and the exit code is 1. Then `npm run docs` writes the pages.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../sources.ts';
import { runFiles } from '../../test/test-run.ts';
import { SHOWN } from './pages.ts';
import type { Figures } from './shown-by.ts';
import { keptFigures, testsOf } from './shown-by.ts';

const MINUTE_MS = 60_000;
/** What the reporter itself tells behind the tests of a file. */
const COUNTS = /^(?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /;
const TOLD_CHARACTERS = 100;

const words = process.argv.slice(2);
const wanted = testsOf(SHOWN).filter(
  (test) => !test.startsWith('release/') && (words.length === 0 || words.some((word) => test.includes(word))),
);
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => stop.abort());
const folder = mkdtempSync(join(tmpdir(), 'overcoat-promises-'));
try {
  const { results } = await runFiles(
    wanted.map((test) => `test/${test}.test.ts`),
    {
      folder,
      sideBySide: availableParallelism(),
      fileLimitMs: 10 * MINUTE_MS,
      runLimitMs: 60 * MINUTE_MS,
      againAtMost: 0,
      signal: stop.signal,
      env: {},
      onResult: ({ file, passed, failures }) => console.log(`${failures.length > 0 ? '✖' : '✔'} ${file} (${passed} passed)`),
    },
  );
  const failed = results.filter(({ failures, passed }) => failures.length > 0 || passed === 0);
  write(
    Object.fromEntries(
      results
        .filter((result) => !failed.includes(result))
        .map(({ file, passed, skipped, output }) => [nameOf(file), { passed, skipped: skipped.length, ...toldIn(output) }]),
    ),
    failed.map(({ file }) => nameOf(file)),
  );
  if (failed.length > 0 || results.length < wanted.length) {
    console.error(`without a figure: ${failed.map(({ file }) => file).join(', ')} failed or said nothing`);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** @param failed they lose the figure they had */
function write(measured: Figures['tests'], failed: readonly string[]): void {
  const former = words.length === 0 ? {} : keptFigures().tests;
  const tests = { ...former, ...measured };
  const shown = Object.entries(tests).filter(([name]) => !failed.includes(name));
  const figures: Figures = {
    day: new Date().toISOString().slice(0, 10),
    runtime: `Node.js ${process.versions.node}, OpenSSL ${process.versions.openssl}`,
    machine: `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release().split('-', 1)[0]}`,
    tests: Object.fromEntries(shown.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  writeFileSync(join(ROOT, 'tools/docs/promises/figures.json'), `${JSON.stringify(figures, null, 2)}\n`);
}

function nameOf(file: string): string {
  return file.replace(/^test\//, '').replace(/\.test\.ts$/, '');
}

/** What a test said by `t.diagnostic`: the first line, cut. */
function toldIn(output: string): { told?: string } {
  const lines = output.split('\n').flatMap((line) => {
    const text = /^\s*ℹ (.*)$/.exec(line)?.[1];
    return text === undefined || COUNTS.test(text) || text.startsWith('log of the daemon') ? [] : [text];
  });
  const [told] = lines;
  return told === undefined ? {} : { told: told.length > TOLD_CHARACTERS ? `${told.slice(0, TOLD_CHARACTERS)}...` : told };
}
