/**
 * What shows a promise: tests, a benchmark, a command. Each becomes the command a reader types and, where something was measured, the
 * figure it gave. Figures are never typed: those of tests come from one run (figures.json, `npm run promises`), those of release tests
 * from their record, those of benchmarks from docs/benchmarks.md.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../sources.ts';

export type Shown =
  /** Paths below test/ without `.test.ts`. */
  | { readonly tests: readonly string[] }
  /** A scenario of `npm run bench`, one of its metrics, and whose ratios to show beside ours. */
  | { readonly bench: string; readonly metric: string; readonly beside: readonly string[] }
  /** Another command of package.json, with its arguments. */
  | { readonly run: string };

/** What one run of the tests gave; written by measure.ts. */
export interface Figures {
  /** YYYY-MM-DD */
  readonly day: string;
  readonly runtime: string;
  readonly machine: string;
  /** By path below test/ without `.test.ts`. */
  readonly tests: Readonly<Record<string, { readonly passed: number; readonly skipped: number; readonly told?: string }>>;
}

const RELEASE = 'release/';
let testFiles: readonly string[] | undefined;
const FIGURES = 'tools/docs/promises/figures.json';

/** Every test that the rows name, once, in their order. */
export function testsOf(shown: readonly (readonly Shown[])[]): string[] {
  return [...new Set(shown.flat().flatMap((one) => ('tests' in one ? one.tests : [])))];
}

/** What does not exist of what the rows name: a page that promised it would be wrong. */
export function missingOf(shown: readonly (readonly Shown[])[]): string[] {
  const scripts = (JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> }).scripts;
  return shown.flat().flatMap((one) => {
    if ('tests' in one) return one.tests.filter((test) => !existsSync(testFile(test))).map((test) => `there is no test/${test}.test.ts`);
    if ('bench' in one) {
      return benchRow(one.bench, one.metric) === undefined ? [`docs/benchmarks.md has no row '${one.metric}' in ${one.bench}`] : [];
    }
    return scripts[one.run.split(' ', 1)[0] ?? ''] === undefined ? [`package.json has no script for \`npm run ${one.run}\``] : [];
  });
}

/** The commands, as a cell of a table. */
export function commands(shown: readonly Shown[]): string {
  return shown
    .flatMap((one) => {
      if ('tests' in one) return one.tests.map(testCommand);
      return 'bench' in one ? [`npm run bench -- ${one.bench}`] : [`npm run ${one.run}`];
    })
    .map((command) => `\`${command}\``)
    .join('<br>');
}

/** A word takes every file whose path contains it, so a name that begins another one is written to its end. */
function testCommand(test: string): string {
  testFiles ??= globSync('test/**/*.test.ts', { cwd: ROOT });
  const alone = testFiles.filter((file) => file.includes(test)).length === 1;
  return `npm ${test.startsWith(RELEASE) ? 'run test:release' : 'test'} -- ${alone ? test : `${test}.test`}`;
}

/** What they gave, as a cell of a table; a dash where nothing was measured. */
export function figuresOf(shown: readonly Shown[], figures: Figures): string {
  const texts = shown.flatMap((one) => {
    if ('tests' in one) return one.tests.map((test) => testFigure(test, figures));
    return 'bench' in one ? [benchFigure(one)] : [];
  });
  return texts.join('<br>') || '-';
}

export function keptFigures(): Figures {
  return JSON.parse(read(FIGURES)) as Figures;
}

function testFile(test: string): string {
  return join(ROOT, `test/${test}.test.ts`);
}

function testFigure(test: string, { tests }: Figures): string {
  if (test.startsWith(RELEASE)) return releaseFigure(test);
  const figure = tests[test];
  if (figure === undefined) return '-';
  const skipped = figure.skipped > 0 ? `, ${figure.skipped} skipped` : '';
  return `${figure.passed} of ${figure.passed}${skipped}${figure.told === undefined ? '' : ` (${figure.told})`}`;
}

/** The last line about it in the record of the release tests: `TIME COMMIT FILE: N passed, N failed, N skipped`. */
function releaseFigure(test: string): string {
  const line = read('test/release/record.txt')
    .split('\n')
    .findLast((each) => each.includes(` test/${test}.test.ts: `));
  const found = line === undefined ? null : /^(\d{4}-\d{2}-\d{2})\S* \S+ \S+: (\d+) passed, (\d+) failed/.exec(line);
  if (found === null) return '-';
  const [, day, passed, failed] = found;
  return `${passed} of ${Number(passed) + Number(failed)} (${day})`;
}

function benchFigure({ bench, metric, beside }: Extract<Shown, { bench: string }>): string {
  const row = benchRow(bench, metric);
  if (row === undefined) return '-';
  const ratios = beside.map((name) => `${row.cells[row.head.indexOf(`/ ${name}`)]} of ${name}`);
  return [`${row.cells[0]}: ${row.cells[row.head.indexOf('overcoat')]}`, ...ratios].join(', ');
}

function benchRow(scenario: string, metric: string): { head: string[]; cells: string[] } | undefined {
  const page = read('docs/benchmarks.md');
  const section = page.slice(page.indexOf(`<!-- begin ${scenario} -->`), page.indexOf(`<!-- end ${scenario} -->`));
  const rows = section
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const cells = rows.find(([first]) => first === metric);
  return rows[0] === undefined || cells === undefined ? undefined : { head: rows[0], cells };
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
