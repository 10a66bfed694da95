/** docs/metrics.md from the table in src/status/metrics/metrics.ts. */
import type { MetricRow } from '../../src/status/metrics/metrics.ts';
import { METRICS } from '../../src/status/metrics/metrics.ts';

const HEADER = `# Metrics

\`/metrics\` of the control socket and of the status port ([observe.md](observe.md)), for Prometheus. A counter only grows while the process
lives, also when a worker of it ends; it begins at 0 with the process, and nothing else resets it (but
for processor time, which is that of each process). One page stands for all workers together. A series is there from
the first thing on that was counted in it; those that alerts look at for an increase are there from the start, at 0. Nothing that a peer can choose freely is a label. \`code\` is a code of [errors.md](errors.md),
\`reason\` and \`stage\` are those of a [record](record.schema.json). Made from \`src/status/metrics/metrics.ts\` by \`npm run docs\`.

Alert rules: [examples/prometheus/](../examples/prometheus/).`;

export function metricsPage(): string {
  const rows = Object.entries<MetricRow>(METRICS).map(([name, { type, labels, help, buckets }]) => {
    const ends = buckets === undefined ? '' : `; buckets end at ${buckets.join(', ')}`;
    return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help}${ends} |`;
  });
  return `${[HEADER, ['| metric | type | labels | what it says |', '|---|---|---|---|', ...rows].join('\n')].join('\n\n')}\n`;
}
