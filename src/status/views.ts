/**
 * The answers of the API, as plain data: what stands in docs/openapi.json. Times are RFC 3339 in UTC, durations seconds, sizes bytes.
 * Made from the ledger and from what the daemon says at this moment.
 */
import { connectionView } from './connection-view.ts';
import type { Control, ServiceState } from './control.ts';
import { FreshLook } from './fresh-look.ts';
import type { ConnectionFilter } from './ledger/connection-list.ts';
import { partOf } from './ledger/connection-list.ts';
import { handshakeView } from './ledger/handshake-view.ts';
import type { HistoryAnswer } from './ledger/history.ts';
import { History } from './ledger/history.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { OpenConnection } from './ledger/open-connection.ts';
import type { Problem } from './ledger/problems.ts';
import { seconds, timeText } from './time-text.ts';

const DAY_MS = 86_400_000;

export interface Readiness {
  readonly ready: boolean;
  /** Why not; whole sentences without a full stop. */
  readonly reasons: readonly string[];
}

export class Views {
  readonly ledger: Ledger;
  readonly control: Control;
  readonly #history = new History();
  readonly #freshLook: FreshLook;

  constructor(ledger: Ledger, control: Control) {
    this.ledger = ledger;
    this.control = control;
    this.#freshLook = new FreshLook(ledger, control);
  }

  /** Brings the ledger up to date with what is open now. @param fresh also where somebody has just looked */
  look(fresh = false): Promise<void> {
    return this.#freshLook.look(fresh);
  }

  /** A fresh look, again after a while where it failed: for what nobody may ask for later. Never rejects. */
  lookSurely(): Promise<void> {
    return this.#freshLook.lookSurely();
  }

  readiness(): Readiness {
    const state = this.control.state();
    const now = Date.now();
    const reasons = [
      ...(state.draining ? ['it is about to end and accepts nobody any more'] : []),
      ...state.services.flatMap(serviceReasons),
      ...this.ledger.expiries
        .filter(({ of, expires }) => of === 'certificate' && expires !== undefined && expires <= now)
        .map(({ service, name }) => `the certificate ${name} of service [${service}] has expired`),
      ...this.ledger.unissued,
    ];
    return { ready: reasons.length === 0, reasons };
  }

  async status(): Promise<object> {
    await this.look();
    const state = this.control.state();
    const { counts, open } = this.ledger;
    const now = Date.now();
    return {
      version: state.version,
      openssl: state.openssl,
      node: state.node,
      pid: state.pid,
      source: state.source ?? null,
      startedAt: timeText(state.startedAt),
      uptimeSeconds: seconds(now - state.startedAt),
      ...this.readiness(),
      draining: state.draining,
      workers: state.workers,
      fenced: state.fenced,
      logLevel: state.logLevel ?? null,
      connectionLimit: state.connectionLimit ?? null,
      ...sums(open.values()),
      accepted: counts.total('overcoat_connections_accepted_total'),
      failed: counts.total('overcoat_failures_total'),
      handshakes: counts.total('overcoat_handshakes_total'),
      toTls: counts.total('overcoat_relayed_bytes_total', { to: 'tls' }),
      toPlain: counts.total('overcoat_relayed_bytes_total', { to: 'plain' }),
      unwrapped: this.ledger.unwrapped,
    };
  }

  /** What `overcoat status` begins with, as a part of a line. */
  async statusLine(): Promise<string> {
    await this.look();
    const { open, silent, bytesPerSecond } = sums(this.ledger.open.values());
    const { ready, reasons } = this.readiness();
    const failed = this.ledger.counts.total('overcoat_failures_total');
    const carried = `${((bytesPerSecond * 8) / 1e6).toFixed(1)} Mbit/s`;
    return `${open} open, ${silent} silent, ${carried}, ${failed} failed${ready ? '' : `; not ready: ${reasons.join('; ')}`}`;
  }

  async services(): Promise<object> {
    await this.look();
    const { counts } = this.ledger;
    const open = sumsByService(this.ledger.open.values());
    return {
      services: this.control.state().services.map(({ name, mode, addresses, drained }) => ({
        name,
        mode,
        addresses,
        drained,
        ...rounded(open.get(name) ?? NOTHING),
        accepted: counts.total('overcoat_connections_accepted_total', { service: name }),
        failed: counts.total('overcoat_failures_total', { service: name }),
        toTls: counts.total('overcoat_relayed_bytes_total', { service: name, to: 'tls' }),
        toPlain: counts.total('overcoat_relayed_bytes_total', { service: name, to: 'plain' }),
      })),
    };
  }

  async connections(filter: ConnectionFilter): Promise<object> {
    await this.look();
    const now = Date.now();
    const { total, part, next = null } = partOf(this.ledger.open.values(), filter);
    return { total, offset: filter.offset, next, connections: part.map((each) => connectionView(each, now)) };
  }

  /** @returns undefined where it is not open */
  async connection(number: number): Promise<object | undefined> {
    await this.look();
    const found = this.ledger.open.get(number);
    return found === undefined ? undefined : connectionView(found, Date.now());
  }

  certificates(): object {
    const now = Date.now();
    return {
      own: this.ledger.expiries.map(({ of, service, name, expires }) => ({ of, service, name, ...expiryView(expires, now) })),
      peers: this.ledger.peerCertificates.toReversed().map(({ sha256, subject, issuer, expires, service, peer, lastSeen }) => ({
        sha256,
        subject,
        issuer,
        service,
        peer,
        lastSeen: timeText(lastSeen),
        ...expiryView(expires, now),
      })),
    };
  }

  /** Ends a step of the history; finds those that have fallen silent. Where nobody answers the step is left out. Never rejects. */
  async step(): Promise<void> {
    try {
      await this.look();
    } catch {
      return;
    }
    this.#history.take(this.ledger.carried(), Date.now(), performance.now());
  }

  history(from: number): HistoryAnswer {
    return this.#history.since(from, Date.now(), performance.now());
  }

  handshakes(): object {
    return handshakeView(this.ledger.counts);
  }

  problems(): object {
    return { problems: this.ledger.problems.map(problemView) };
  }
}

function serviceReasons({ name, addresses, drained, listens }: ServiceState): readonly string[] {
  if (drained) return [`service [${name}] is drained`];
  return listens && addresses.length === 0 ? [`service [${name}] is bound to no address`] : [];
}

interface Sums {
  readonly open: number;
  readonly silent: number;
  readonly bytesPerSecond: number;
}

const NOTHING: Sums = { open: 0, silent: 0, bytesPerSecond: 0 };

/** One pass and no lists: there may be thousands, and the page asks again and again. */
function sumsByService(connections: Iterable<OpenConnection>): ReadonlyMap<string, Sums> {
  const all = new Map<string, { -readonly [Member in keyof Sums]: Sums[Member] }>();
  for (const { service, silent, bytesPerSecond } of connections) {
    const of = all.getOrInsertComputed(service, () => ({ ...NOTHING }));
    of.open += 1;
    if (silent) of.silent += 1;
    of.bytesPerSecond += bytesPerSecond;
  }
  return all;
}

function sums(connections: Iterable<OpenConnection>): Sums {
  const all = [...sumsByService(connections).values()];
  const total = (member: keyof Sums): number => all.reduce((sum, each) => sum + each[member], 0);
  return rounded({ open: total('open'), silent: total('silent'), bytesPerSecond: total('bytesPerSecond') });
}

function rounded({ open, silent, bytesPerSecond }: Sums): Sums {
  return { open, silent, bytesPerSecond: Math.round(bytesPerSecond) };
}

function problemView({ at, code, service, connection, client, destination, stage, text, remedy }: Problem): object {
  return {
    at: timeText(at),
    code,
    service,
    connection: connection ?? null,
    client,
    destination,
    stage: stage ?? null,
    text,
    remedy,
  };
}

function expiryView(expires: number | undefined, now: number): object {
  if (expires === undefined) return { expires: null, daysLeft: null };
  return { expires: timeText(expires), daysLeft: Math.floor((expires - now) / DAY_MS) };
}
