/**
 * Runs the tests, one process group a file, and always ends: `npm test`, and `npm run test:release` with `--release`. Started by
 * tools/test.sh, which has set everything up. Exit code 0 when all is well.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { closing } from './closing.ts';
import { checkedOutCommit, recordLine, updatedRecord } from './record.ts';
import type { FileResult } from './run-file.ts';
import { runFile } from './run-file.ts';
import { selectFiles } from './select.ts';

/** Of each file, and of the whole run; a release has tests that take longer. */
const LIMITS_MINUTES = { usual: { file: 10, run: 45 }, release: { file: 30, run: 45 } };
/** With more failures than this something is broken rather than unsteady, and another look would only cost time. */
const RUN_AGAIN_AT_MOST = 10;
const RECORD = 'test/release/record.txt';
/** Most tests wait for programs rather than compute, so two at a time are right even for a single core. */
const SIDE_BY_SIDE = Math.max(2, availableParallelism());

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: 'boolean' }, strict: { type: 'boolean' }, release: { type: 'boolean' } },
  });
  const { quick = false, strict = false, release = false } = values;
  const kind = release ? 'release' : quick ? 'quick' : 'usual';
  const files = selectFiles(globSync('test/**/*.test.ts'), kind, positionals);
  if (files.length === 0) {
    console.error(`no test file matches: ${positionals.join(' ')}`);
    return 1;
  }
  const whole = kind === 'usual' && positionals.length === 0;
  const check = whole ? spawnSync('sh', ['tools/check.sh'], { stdio: 'inherit' }).status === 0 : undefined;

  const minutes = release ? LIMITS_MINUTES.release : LIMITS_MINUTES.usual;
  const folder = mkdtempSync(join(tmpdir(), 'overcoat-run-'));
  const run = new TestRun(folder, minutes.file * 60_000, minutes.run * 60_000);
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => run.stop());
  try {
    const first = await run.all(files, release ? 1 : SIDE_BY_SIDE);
    const failed = first.filter(({ failures }) => failures.length > 0);
    const again = release || failed.length > RUN_AGAIN_AT_MOST ? [] : failed.map(({ file }) => file);
    if (again.length > 0) console.log('\nfailed above, and run once more alone:');
    const second = await run.all(again, 1);
    const steadied = second.filter(({ failures }) => failures.length === 0).map(({ file }) => file);
    const results = first.map((result) => second.find(({ file }) => file === result.file) ?? result);
    const notRun = files.filter((file) => !results.some((result) => result.file === file));
    const { ok, text } = closing({ results, unsteady: failed.filter(({ file }) => steadied.includes(file)), notRun, check, strict });
    if (release) record(results);
    process.stdout.write(text);
    return ok ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The files of one run share its time. */
class TestRun {
  readonly #folder: string;
  readonly #fileLimitMs: number;
  readonly #deadline: number;
  readonly #stop = new AbortController();

  constructor(folder: string, fileLimitMs: number, runLimitMs: number) {
    this.#folder = folder;
    this.#fileLimitMs = fileLimitMs;
    this.#deadline = performance.now() + runLimitMs;
  }

  /** Ends the files that are running, and begins no other. */
  stop(): void {
    this.#stop.abort();
  }

  /** Runs the files, `sideBySide` at a time, and prints each as it ends. @returns the results in the order of `files`; none for those without time */
  async all(files: readonly string[], sideBySide: number): Promise<FileResult[]> {
    const waiting = [...files];
    const results: FileResult[] = [];
    const work = async (): Promise<void> => {
      for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
        const left = this.#deadline - performance.now();
        if (left <= 0 || this.#stop.signal.aborted) return;
        const limitMs = Math.min(this.#fileLimitMs, left);
        const result = await runFile(file, { folder: this.#folder, limitMs, signal: this.#stop.signal });
        print(result);
        results.push(result);
      }
    };
    await Promise.all(Array.from({ length: sideBySide }, work));
    return results.sort((a, b) => files.indexOf(a.file) - files.indexOf(b.file));
  }
}

function record(results: readonly FileResult[]): void {
  const commit = checkedOutCommit();
  const before = existsSync(RECORD) ? readFileSync(RECORD, 'utf8') : '';
  const lines = results.map((result) => recordLine(new Date(), commit, result));
  writeFileSync(RECORD, updatedRecord(before, lines));
}

/** One line for a file that passed, all it wrote for another. */
function print({ file, passed, failures, skipped, seconds, output }: FileResult): void {
  const counts = `${passed} passed${failures.length > 0 ? `, ${failures.length} failed` : ''}${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`;
  console.log(`${failures.length > 0 ? '✖' : '✔'} ${file} (${counts}; ${seconds.toFixed(1)} s)`);
  if (failures.length > 0) console.log(`${output.trimEnd()}\n`);
}

process.exitCode = await main();
