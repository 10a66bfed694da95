/**
 * What open connections have relayed, and which of them are silent or lost: that is in no event, so now and then somebody looks at those
 * there are. Bytes are counted as they are seen, so that the counters never go back, whoever dies.
 */
import type { Counts } from '../metrics/metrics.ts';
import type { LiveConnection } from './live-connection.ts';
import type { OpenConnection } from './open-connection.ts';
import { destinationOf } from './open-connection.ts';
import type { Problems } from './problems.ts';

/** What a look changes. */
export interface LookedAt {
  readonly open: Map<number, OpenConnection>;
  readonly counts: Counts;
  readonly problems: Problems;
}

interface Moved {
  toTls: number;
  toPlain: number;
}

export class Looks {
  readonly #at: LookedAt;
  #count = 0;

  constructor(at: LookedAt) {
    this.#at = at;
  }

  /**
   * Takes in what the open connections have relayed.
   * @param askedAt when that was asked for: what began later may be missing from the list
   * @param silentMs after how long a connection of a service is silent; undefined: never
   * @param now by the clock of `askedAt`
   * @returns those that nobody runs any more; they are not open any more
   */
  take(
    live: readonly LiveConnection[],
    askedAt: number,
    silentMs: (service: string) => number | undefined,
    now: number,
  ): readonly OpenConnection[] {
    const { open, counts } = this.#at;
    this.#count += 1;
    const moved = new Map<string, Moved>();
    for (const each of live) {
      const known = open.get(each.connection);
      if (known === undefined) continue;
      known.seenBy = this.#count;
      update(known, each, now, moved);
      this.#judgeSilence(known, silentMs(known.service), now);
    }
    for (const [service, { toTls, toPlain }] of moved) countBytes(counts, service, toTls, toPlain);
    const lost: OpenConnection[] = [];
    for (const each of open.values()) if (each.seenBy !== this.#count && each.startedAt < askedAt) lost.push(each);
    for (const { connection, service, stage } of lost) {
      open.delete(connection);
      counts.add('overcoat_connections_closed_total', { service, reason: 'lost', stage });
    }
    return lost;
  }

  /** Told once for each time it falls silent. */
  #judgeSilence(known: OpenConnection, limitMs: number | undefined, now: number): void {
    const silent = known.stage === 'relay' && limitMs !== undefined && now - known.movedAt >= limitMs;
    if (silent === known.silent) return;
    known.silent = silent;
    if (!silent) return;
    const { service, connection, client, stage } = known;
    this.#at.counts.add('overcoat_silences_total', { service });
    const text = `connected, and nothing has moved for ${Math.round((now - known.movedAt) / 1000)} seconds`;
    const destination = destinationOf(known);
    this.#at.problems.addSilence({ at: now, code: 'silent_connection', service, connection, client, destination, stage, text });
  }
}

/** @param sums what has moved since the last look, by service; added up here: counting for each of thousands would cost */
function update(known: OpenConnection, { service, toTls, toPlain, stage }: LiveConnection, now: number, sums: Map<string, Moved>): void {
  const moved = toTls + toPlain - known.toTls - known.toPlain;
  const sinceMs = now - known.lookedAt;
  known.service = service;
  if (known.stage !== stage && stage === 'relay') known.movedAt = now;
  known.stage = stage;
  if (sinceMs > 0) {
    known.bytesPerSecond = (moved * 1000) / sinceMs;
    known.lookedAt = now;
  }
  if (moved === 0) return;
  known.movedAt = now;
  const sum = sums.get(service) ?? { toTls: 0, toPlain: 0 };
  sum.toTls += toTls - known.toTls;
  sum.toPlain += toPlain - known.toPlain;
  sums.set(service, sum);
  known.toTls = toTls;
  known.toPlain = toPlain;
}

/** @param toTls bytes that have come since they were counted last, to each leg */
export function countBytes(counts: Counts, service: string, toTls: number, toPlain: number): void {
  if (toTls > 0) counts.add('overcoat_relayed_bytes_total', { service, to: 'tls' }, toTls);
  if (toPlain > 0) counts.add('overcoat_relayed_bytes_total', { service, to: 'plain' }, toPlain);
}
