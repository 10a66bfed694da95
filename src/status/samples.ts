/** All metrics at this moment, as numbers. */

import type { OpenConnection } from './ledger/open-connection.ts';
import type { MetricName, MetricRow, Sample } from './metrics/metrics.ts';
import { METRICS } from './metrics/metrics.ts';
import type { Views } from './views.ts';

/** By metric, one sample a set of labels; a metric without samples may be missing. Rejects where a process does not answer. */
export async function samplesOf(views: Views): Promise<ReadonlyMap<MetricName, readonly Sample[]>> {
  await views.look();
  const { ledger, control } = views;
  const state = control.state();
  const vitals = await control.vitals();
  const samples = new Map<MetricName, readonly Sample[]>();
  const services = state.services.map(({ name }) => name);
  for (const [name, row] of Object.entries<MetricRow>(METRICS)) {
    if (row.type === 'gauge') continue;
    const counted = ledger.counts.samples(name as Parameters<typeof ledger.counts.samples>[0]);
    samples.set(name as MetricName, [...counted, ...uncounted(row, services, counted)]);
  }
  const open = Map.groupBy(ledger.open.values(), ({ service }) => service);
  const served = new Set([...services, ...open.keys()]); // one that a reload has taken away has its connections still
  const byService = (count: (connections: readonly OpenConnection[]) => number): readonly Sample[] =>
    [...served].map((service) => ({ labels: { service }, value: count(open.get(service) ?? []) }));
  const gauges: Readonly<Partial<Record<MetricName, readonly Sample[]>>> = {
    overcoat_build_info: [{ labels: { version: state.version, openssl: state.openssl, node: state.node }, value: 1 }],
    overcoat_start_time_seconds: [{ labels: {}, value: state.startedAt / 1000 }],
    overcoat_connections_active: byService(({ length }) => length),
    overcoat_connections_silent: byService((all) => all.filter(({ silent }) => silent).length),
    overcoat_connections_limit: state.connectionLimit === undefined ? [] : [{ labels: {}, value: state.connectionLimit }],
    overcoat_expiry_timestamp_seconds: ledger.expiries.flatMap(({ service, of, name, expires }) =>
      expires === undefined ? [] : [{ labels: { service, of, name }, value: expires / 1000 }],
    ),
    overcoat_workers: [{ labels: {}, value: state.workers }],
    overcoat_process_resident_memory_bytes: vitals.flatMap(({ process, memoryBytes: value }) => known(process, value)),
    overcoat_process_open_descriptors: vitals.flatMap(({ process, descriptors: value }) => known(process, value)),
    overcoat_process_cpu_seconds_total: vitals.map(({ process, cpuSeconds }) => ({ labels: { process }, value: cpuSeconds })),
    overcoat_process_event_loop_delay_seconds: vitals.map(({ process, delaySeconds }) => ({ labels: { process }, value: delaySeconds })),
  };
  for (const [name, values] of Object.entries(gauges)) samples.set(name as MetricName, values);
  return samples;
}

/** What has its place from the start on and was not counted yet. */
function uncounted({ labels, words }: MetricRow, services: readonly string[], counted: readonly Sample[]): readonly Sample[] {
  if (words === undefined) return [];
  const key = (of: Sample['labels']): string => labels.map((label) => of[label]).join('\n');
  const there = new Set(counted.map((sample) => key(sample.labels)));
  let all: readonly Sample['labels'][] = [{}];
  for (const label of labels) {
    const values = label === 'service' ? services : (words[label] ?? []);
    all = all.flatMap((before) => values.map((value) => ({ ...before, [label]: value })));
  }
  return all.filter((each) => !there.has(key(each))).map((each) => ({ labels: each, value: 0 }));
}

function known(process: string, value: number | undefined): readonly Sample[] {
  return value === undefined ? [] : [{ labels: { process }, value }];
}
