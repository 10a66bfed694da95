/** What came of a soak, judged: a row for each promise, kept or not, and what it was seen by. */
import type { Happened } from './explain.ts';
import { explain } from './explain.ts';
import type { Failure, Second } from './load.ts';
import { memoryRows } from './memory-rows.ts';
import type { Product } from './product.ts';
import type { Row } from './row.ts';
import type { Soaked } from './soak.ts';

export interface FaultRow {
  readonly name: string;
  readonly times: number;
  /** Connections that failed of it. */
  readonly failed: number;
  /** Of the short visits around it, less the time it lasted. */
  readonly longestMs: number;
}

export interface Judged {
  readonly kept: boolean;
  readonly rows: readonly Row[];
  readonly faults: readonly FaultRow[];
  readonly unexplained: readonly Failure[];
  /** Lines of the log that are a defect. */
  readonly defects: readonly string[];
}

const WORDS = { true: 'kept  ', false: 'BROKEN', undefined: '      ' } as const;
const BACK_MS = 2000;
/** What a fault does is over when the visits that were under way have ended. */
const AFTER_MS = 5000;
const DEFECT = /INTERNAL ERROR|^\s+at .+:\d+:\d+/;

/** @param endings what did not end as it should */
export function judge(soaked: Soaked, products: readonly Product[], endings: readonly string[]): Judged {
  const { outcome, faults, memory, descriptors } = soaked;
  const explained = outcome.failures.map((failure) => ({ failure, fault: explain(failure, faults) }));
  const unexplained = explained.filter(({ fault }) => fault === undefined).map(({ failure }) => failure);
  const corrupt = unexplained.filter(({ why }) => why.startsWith('corrupt'));
  const defects = products.flatMap(({ name, lines }) => lines.filter((line) => DEFECT.test(line)).map((line) => `${name}: ${line}`));
  const done = total(outcome.seconds.map((second) => second.done));
  const bytes = total(outcome.seconds.map((second) => second.bytes));
  const leftOut = total(outcome.seconds.map((second) => second.leftOut));
  const faultRows = rowsOf(soaked, explained);
  const quietMs = longest(outcome.seconds.filter(({ at }) => !faults.some((fault) => isAround(fault, at))));
  const slowest = Math.max(0, ...faultRows.map(({ longestMs }) => longestMs - quietMs));
  const rows: Row[] = [
    {
      what: 'every failed connection is explained by a fault',
      kept: unexplained.length === 0,
      seen: `${done + outcome.failures.length} connections, ${outcome.failures.length} failed, ${unexplained.length} unexplained`,
    },
    {
      what: 'every byte arrives as it was sent (SHA-256)',
      kept: corrupt.length === 0,
      seen: `${(bytes / 1e9).toFixed(2)} GB, ${corrupt.length} corrupt`,
    },
    { what: 'the load is carried', kept: leftOut === 0, seen: `${leftOut} connections could not begin in time` },
    {
      what: `served again within ${BACK_MS / 1000} s of a fault`,
      kept: slowest <= BACK_MS,
      seen: `the longest visit without a fault took ${Math.round(quietMs)} ms, one with a fault ${Math.round(slowest)} ms more`,
    },
    ...memoryRows(memory),
    descriptorRow(descriptors),
    { what: 'no defect in the log', kept: defects.length === 0, seen: `${defects.length} lines` },
    { what: 'all processes end with 0', kept: endings.length === 0, seen: endings.join(', ') || 'they do' },
  ];
  return { kept: rows.every(({ kept }) => kept !== false), rows, faults: faultRows, unexplained, defects };
}

function rowsOf({ faults, outcome }: Soaked, explained: readonly { readonly fault: Happened | undefined }[]): FaultRow[] {
  return [...Map.groupBy(faults, ({ name }) => name)].map(([name, all]) => ({
    name,
    times: all.length,
    failed: explained.filter(({ fault }) => fault?.name === name).length,
    longestMs: Math.max(
      ...all.map((fault) => Math.max(0, longest(outcome.seconds.filter(({ at }) => isAround(fault, at))) - (fault.until - fault.at))),
    ),
  }));
}

function isAround({ at, until }: Happened, moment: number): boolean {
  return moment >= at && moment <= until + AFTER_MS;
}

/** Of the short visits, in milliseconds. */
function longest(seconds: readonly Second[]): number {
  return Math.max(0, ...seconds.map(({ longestMs }) => longestMs));
}

function descriptorRow({ before, after }: Soaked['descriptors']): Row {
  const more = [...after].filter(([key, count]) => count > (before.get(key) ?? 0));
  return {
    what: 'descriptors as at the start',
    kept: more.length === 0,
    seen:
      more.map(([key, count]) => `${key} ${before.get(key) ?? 0} before, ${count} after`).join(', ') ||
      [...after].map(([key, count]) => `${key} ${count}`).join(', '),
  };
}

/** The table of a terminal. */
export function tableOf({ rows, faults }: Judged, notDone: ReadonlyMap<string, string>): string {
  const lines = rows.map(({ what, kept, seen }) => `${WORDS[String(kept) as keyof typeof WORDS]}  ${what}: ${seen}`);
  const done = faults.map(
    ({ name, times, failed, longestMs }) =>
      `${name.padEnd(24)}${String(times).padStart(6)}${String(failed).padStart(10)}${String(Math.round(longestMs)).padStart(12)}`,
  );
  const missing = [...notDone].map(([name, why]) => `${name.padEnd(24)} not done: ${why}`);
  const head = `${'fault'.padEnd(24)}${'times'.padStart(6)}${'failed'.padStart(10)}${'longest ms'.padStart(12)}`;
  return [...lines, '', ...(done.length === 0 ? ['no faults'] : [head, ...done]), ...missing, ''].join('\n');
}

function total(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0);
}
