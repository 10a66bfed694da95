/** All counters of a running process at one moment, and that none of them went back: to tell what a worker's end took along. */
import assert from 'node:assert/strict';
import { ask } from './status.ts';

/** That of each process that is there: a worker's successor begins again, as docs/metrics.md says. */
const RESETS_WITH_ITS_PROCESS = 'overcoat_process_cpu_seconds_total';

/** Series of counters and the parts of histograms, with their numbers. @param where the path of a socket, or a port of this machine */
export async function countersOf(where: string | number): Promise<ReadonlyMap<string, number>> {
  const { code, body } = await ask(where, '/metrics');
  assert.equal(code, 200, body);
  const growing = new Set<string>();
  const counters = new Map<string, number>();
  for (const line of body.split('\n')) {
    const [mark, kind, name = '', type = ''] = line.split(' ');
    if (mark === '#') {
      if (kind === 'TYPE' && type !== 'gauge' && name !== RESETS_WITH_ITS_PROCESS) growing.add(name);
      continue;
    }
    const end = line.lastIndexOf(' ');
    const series = line.slice(0, end);
    const metric = series.split('{')[0] ?? '';
    if (growing.has(metric.replace(/_(bucket|sum|count)$/, '')) || growing.has(metric)) counters.set(series, Number(line.slice(end)));
  }
  return counters;
}

/** Nothing that was counted is counted less, or gone. */
export function assertGrown(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): void {
  for (const [series, value] of before) {
    const now = after.get(series);
    assert.ok(now !== undefined && now >= value, `${series} was ${value} and is ${now}`);
  }
}
