/**
 * Every metric there is, in one table: docs/metrics.md and `/metrics` are made from it, and nothing is counted under a name that is not
 * here. Labels are bounded: services of the configuration, closed lists of words, names the TLS library has. Nothing a peer can choose
 * freely is a label. Names follow https://prometheus.io/docs/practices/naming/.
 */

export interface MetricRow {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  /** One line without a full stop. */
  readonly help: string;
  /**
   * Of a counter: all words of each label but `service`. Its series are there from the start, at 0: Prometheus sees an increase only of what was
   * there before, and the first worker that ends would be missed.
   */
  readonly words?: Readonly<Record<string, readonly string[]>>;
  /** Of a histogram: the upper ends of its buckets, in the metric's unit. */
  readonly buckets?: readonly number[];
}

/** From a resumed handshake on one machine to a server on the other side of the world that is slow. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;

export const METRICS = {
  overcoat_build_info: { type: 'gauge', labels: ['version', 'openssl', 'node'], help: 'Always 1; the labels say what runs' },
  overcoat_start_time_seconds: { type: 'gauge', labels: [], help: 'When this process began to serve, in seconds since 1970' },
  overcoat_connections_accepted_total: { type: 'counter', labels: ['service'], words: {}, help: 'Clients that were accepted' },
  overcoat_connections_active: { type: 'gauge', labels: ['service'], help: 'Connections that are open now' },
  overcoat_connections_silent: {
    type: 'gauge',
    labels: ['service'],
    help: 'Connections in the relay that have carried not one byte for `silentAfter` seconds or longer: a frozen sender is one of them',
  },
  overcoat_silences_total: { type: 'counter', labels: ['service'], words: {}, help: 'Times a connection fell silent (`silentAfter`)' },
  overcoat_connections_limit: {
    type: 'gauge',
    labels: [],
    help: 'How many connections there may be at once; missing where nothing bounds them',
  },
  overcoat_connections_closed_total: {
    type: 'counter',
    labels: ['service', 'reason', 'stage'],
    help: 'Connections that ended, by the reason and by what they were at; `lost` ended with their worker, and are known to have come so far',
  },
  overcoat_failures_total: {
    type: 'counter',
    labels: ['service', 'code'],
    help: 'Connections that failed, by the code that docs/errors.md explains',
  },
  overcoat_clients_turned_away_total: {
    type: 'counter',
    labels: ['service', 'limit'],
    words: { limit: ['descriptors', 'clientsPerAddress', 'handshakesPerSecond'] },
    help: 'Clients refused because there were too many: `descriptors` of the process, `clientsPerAddress` or `handshakesPerSecond`',
  },
  overcoat_accept_failures_total: {
    type: 'counter',
    labels: ['service'],
    help: 'Times the system gave no socket for a client that waited',
  },
  overcoat_handshakes_total: {
    type: 'counter',
    labels: ['service', 'role', 'version', 'group', 'post_quantum', 'resumed'],
    help: 'TLS handshakes that finished and whose peer was accepted',
  },
  overcoat_handshake_seconds: {
    type: 'histogram',
    labels: ['service'],
    help: 'From the first byte of a handshake to our verdict, of those that finished',
    buckets: SECONDS,
  },
  overcoat_dial_seconds: {
    type: 'histogram',
    labels: ['service'],
    help: 'How long the address that answered took to answer',
    buckets: SECONDS,
  },
  overcoat_dial_failures_total: {
    type: 'counter',
    labels: ['service', 'why'],
    help: 'Addresses of an upstream that could not be used: refused, timeout or unresolved',
  },
  overcoat_relayed_bytes_total: {
    type: 'counter',
    labels: ['service', 'to'],
    words: { to: ['tls', 'plain'] },
    help: 'Bytes of the application written to the TLS leg and to the plain leg, open connections included',
  },
  overcoat_alerts_total: {
    type: 'counter',
    labels: ['service', 'direction', 'peer', 'alert'],
    help: 'Fatal TLS alerts that a peer sent, or that a verdict of ours had sent',
  },
  overcoat_server_names_total: {
    type: 'counter',
    labels: ['service', 'source'],
    help: 'Where server names came from; `client`: server mode, the client asked for it; `none`: client mode, nobody knew one',
  },
  overcoat_passed_on_total: {
    type: 'counter',
    labels: ['service'],
    help: 'Clients that spoke TLS themselves and were handed through unverified',
  },
  overcoat_redirected_total: {
    type: 'counter',
    labels: ['service'],
    help: 'Clients sent to `redirect` because they failed authentication',
  },
  overcoat_unwrapped_bytes_total: {
    type: 'counter',
    labels: ['protocol'],
    help: 'Bytes that hosts of a gateway sent past Overcoat, by what the port is known for: `RTMP`, ..., `encrypted`, or `other`',
  },
  overcoat_loops_total: { type: 'counter', labels: ['service'], help: 'Connections refused because they led back to this program' },
  overcoat_expiry_timestamp_seconds: {
    type: 'gauge',
    labels: ['service', 'of', 'name'],
    help: 'When our own certificates, those of peers accepted by name, trusted authorities and revocation lists end, in seconds since 1970',
  },
  overcoat_reloads_total: {
    type: 'counter',
    labels: ['result'],
    words: { result: ['successful', 'failed'] },
    help: 'Reloads of the configuration: successful or failed',
  },
  overcoat_renewals_total: {
    type: 'counter',
    labels: ['service', 'result'],
    words: { result: ['taken', 'refused'] },
    help: 'Changed certificates, keys and other files of a service: taken, or refused because they cannot be used',
  },
  overcoat_list_fetches_total: {
    type: 'counter',
    labels: ['service', 'result'],
    help: 'Revocation lists asked for at `CRLurl`: successful or failed',
  },
  overcoat_acme_orders_total: {
    type: 'counter',
    labels: ['service', 'result'],
    help: 'Certificates asked for at a directory (`acme`): successful or failed',
  },
  overcoat_workers: { type: 'gauge', labels: [], help: 'Processes that serve connections now' },
  overcoat_worker_ends_total: { type: 'counter', labels: [], words: {}, help: 'Worker processes that ended and should not have' },
  overcoat_log_lines_lost_total: { type: 'counter', labels: [], words: {}, help: 'Lines of the log that could not be written' },
  overcoat_records_lost_total: { type: 'counter', labels: [], words: {}, help: 'Records of connections that could not be written' },
  overcoat_process_resident_memory_bytes: { type: 'gauge', labels: ['process'], help: 'Memory in use, of each process' },
  overcoat_process_open_descriptors: { type: 'gauge', labels: ['process'], help: 'Open file descriptors, of each process' },
  overcoat_process_cpu_seconds_total: {
    type: 'counter',
    labels: ['process'],
    help: 'Processor time, of each process that is there now; a worker that takes the place of another begins at 0',
  },
  overcoat_process_event_loop_delay_seconds: {
    type: 'gauge',
    labels: ['process'],
    help: 'The longest time the event loop was held up since it was last asked',
  },
} as const satisfies Readonly<Record<string, MetricRow>>;

export type MetricName = keyof typeof METRICS;
type OfType<Type extends MetricRow['type']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['type'] extends Type ? Name : never;
}[MetricName];

/** What a metric's labels are given as: every one of them, and no other. */
export type LabelsOf<Name extends MetricName> = Readonly<Record<(typeof METRICS)[Name]['labels'][number], string>>;

/** One number of a metric. `suffix` and a label `le` are those of a histogram's parts. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly suffix?: '_bucket' | '_sum' | '_count';
}

interface Counter {
  readonly labels: Readonly<Record<string, string>>;
  value: number;
}

interface Histogram {
  readonly labels: Readonly<Record<string, string>>;
  /** How many fell into each bucket alone; the last one is everything above. */
  readonly counts: number[];
  sum: number;
}

/** Combinations of labels that are counted of one metric; further ones are not: they may be the words of a process that was taken over. */
const MOST_SERIES = 65_536;

/**
 * What was counted of one metric, for each combination of its labels. Found by one step a label: a key made of all of them would be
 * garbage, half a dozen times a connection.
 */
class Series<Counted> {
  readonly #names: readonly string[];
  readonly #root: Step<Counted> = { counted: undefined, by: new Map() };
  /** In the order they were first counted. */
  readonly all: Counted[] = [];

  readonly #first: (labels: Counter['labels']) => Counted;

  /** @param names of the labels. @param first what a combination of them begins with */
  constructor(names: readonly string[], first: (labels: Counter['labels']) => Counted) {
    this.#names = names;
    this.#first = first;
  }

  at(labels: Counter['labels']): Counted {
    if (this.all.length >= MOST_SERIES) return this.#known(labels) ?? this.#first(labels);
    let step = this.#root;
    for (let index = 0; index < this.#names.length; index += 1) {
      step = step.by.getOrInsertComputed(labels[this.#names[index] as string] ?? '', nothingCounted<Counted>);
    }
    if (step.counted === undefined) {
      step.counted = this.#first(labels);
      this.all.push(step.counted);
    }
    return step.counted;
  }

  #known(labels: Counter['labels']): Counted | undefined {
    let step: Step<Counted> | undefined = this.#root;
    for (const name of this.#names) step = step?.by.get(labels[name] ?? '');
    return step?.counted;
  }
}

interface Step<Counted> {
  counted: Counted | undefined;
  readonly by: Map<string, Step<Counted>>;
}

function nothingCounted<Counted>(): Step<Counted> {
  return { counted: undefined, by: new Map() };
}

/** Numbers that only grow, for as long as the process lives. */
export class Counts {
  readonly #counters = new Map<MetricName, Series<Counter>>();
  readonly #histograms = new Map<OfType<'histogram'>, Series<Histogram>>();

  add<Name extends OfType<'counter'>>(name: Name, labels: LabelsOf<Name>, by = 1): void {
    this.#counters.getOrInsertComputed(name, newCounters).at(labels).value += by;
  }

  /** @param value in the unit of the metric */
  record<Name extends OfType<'histogram'>>(name: Name, labels: LabelsOf<Name>, value: number): void {
    const { buckets } = METRICS[name];
    const histogram = this.#histograms.getOrInsertComputed(name, newHistograms).at(labels);
    const at = buckets.findIndex((end) => value <= end);
    const bucket = at < 0 ? buckets.length : at;
    histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + 1;
    histogram.sum += value;
  }

  /** The sum of a counter over everything that has these labels. */
  total<Name extends OfType<'counter'>>(name: Name, labels: Partial<LabelsOf<Name>> = {}): number {
    const wanted = Object.entries<string>(labels as Record<string, string>);
    let total = 0;
    for (const { labels: found, value } of this.#counters.get(name)?.all ?? [])
      if (wanted.every(([label, word]) => found[label] === word)) total += value;
    return total;
  }

  /** @returns the samples of one counter or histogram; none where nothing was counted yet */
  samples(name: OfType<'counter' | 'histogram'>): readonly Sample[] {
    const counters = (this.#counters.get(name)?.all ?? []).map(({ labels, value }) => ({ labels, value }));
    const row: MetricRow = METRICS[name];
    const histograms = (this.#histograms.get(name as OfType<'histogram'>)?.all ?? []).flatMap((each) =>
      histogramSamples(each, row.buckets ?? []),
    );
    return [...counters, ...histograms];
  }
}

function histogramSamples({ labels, counts, sum }: Histogram, buckets: readonly number[]): readonly Sample[] {
  let upTo = 0;
  const parts = [...buckets.map(String), '+Inf'].map((le, index): Sample => {
    upTo += counts[index] ?? 0;
    return { labels: { ...labels, le }, value: upTo, suffix: '_bucket' };
  });
  return [...parts, { labels, value: sum, suffix: '_sum' }, { labels, value: upTo, suffix: '_count' }];
}

function newCounters(name: MetricName): Series<Counter> {
  return new Series<Counter>(METRICS[name].labels, (labels) => ({ labels, value: 0 }));
}

function newHistograms(name: OfType<'histogram'>): Series<Histogram> {
  const { labels: names, buckets } = METRICS[name];
  return new Series<Histogram>(names, (labels) => ({ labels, counts: Array.from({ length: buckets.length + 1 }, () => 0), sum: 0 }));
}
