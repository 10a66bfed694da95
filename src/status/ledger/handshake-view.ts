/** What was counted of handshakes and failures, as plain data: versions and groups, alerts, codes, and how long it takes. */
import type { Counts, Sample } from '../metrics/metrics.ts';

/** @param counts everything since the start */
export function handshakeView(counts: Counts): object {
  const counted = (name: Parameters<Counts['samples']>[0]): readonly { readonly labels: Sample['labels']; readonly count: number }[] =>
    counts.samples(name).map(({ labels, value }) => ({ labels, count: value }));
  return {
    handshakes: counted('overcoat_handshakes_total').map(({ labels, count }) => ({
      service: labels['service'],
      role: labels['role'],
      version: labels['version'],
      group: labels['group'],
      postQuantum: labels['post_quantum'] === 'yes',
      resumed: labels['resumed'] === 'yes',
      count,
    })),
    alerts: counted('overcoat_alerts_total').map(({ labels, count }) => ({
      service: labels['service'],
      direction: labels['direction'],
      peer: labels['peer'],
      alert: labels['alert'],
      count,
    })),
    failures: counted('overcoat_failures_total').map(({ labels, count }) => ({ service: labels['service'], code: labels['code'], count })),
    times: [
      ...timesOf('handshake', counts.samples('overcoat_handshake_seconds')),
      ...timesOf('dial', counts.samples('overcoat_dial_seconds')),
    ],
  };
}

/** One of a service's histograms, as the ends of the buckets that half, and 95 of 100, fell into or below. */
function timesOf(of: 'handshake' | 'dial', samples: readonly Sample[]): readonly object[] {
  const buckets = Map.groupBy(
    samples.filter(({ suffix }) => suffix === '_bucket'),
    ({ labels }) => labels['service'],
  );
  return samples
    .filter(({ suffix }) => suffix === '_count')
    .map(({ labels: { service }, value: count }) => {
      const within = (share: number): number | null => {
        const end = Number(buckets.get(service)?.find(({ value }) => value >= share * count)?.labels['le']);
        return Number.isFinite(end) ? end : null;
      };
      return { service, of, count, half: within(0.5), most: within(0.95) };
    });
}
