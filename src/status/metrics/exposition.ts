/** The text of `/metrics`, which prom-client writes. Loaded with the HTTP server. */
import { Registry } from 'prom-client';
import type { MetricName, MetricRow, Sample } from './metrics.ts';
import { METRICS } from './metrics.ts';

const OPEN_METRICS = 'application/openmetrics-text';

export interface Exposition {
  readonly type: string;
  readonly body: string;
}

/** @param accept the header of the request: who takes OpenMetrics gets that, everybody else the older text */
export async function exposition(samples: ReadonlyMap<MetricName, readonly Sample[]>, accept: string | undefined): Promise<Exposition> {
  const type = accept?.includes(OPEN_METRICS) ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE;
  const registry = new Registry();
  registry.setContentType(type as never); // its types know one of the two formats at a time
  for (const [name, row] of Object.entries<MetricRow>(METRICS)) {
    const values = samples.get(name as MetricName) ?? [];
    registry.registerMetric(metricOf(name, row, values) as never);
  }
  return { type, body: await registry.metrics() };
}

/** What prom-client writes: it asks a metric for its numbers by `get`, and may change its name to what the format wants. */
function metricOf(name: string, { type, help }: MetricRow, samples: readonly Sample[]): object {
  const metric = {
    name,
    type,
    help,
    aggregator: 'sum',
    values: samples.map(({ labels, value, suffix }) => ({
      labels,
      value,
      ...(suffix === undefined ? {} : { metricName: `${name}${suffix}` }),
    })),
    get: async () => metric,
  };
  return metric;
}
