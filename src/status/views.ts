/**
 * The answers of the API, as plain data: what stands in docs/openapi.json. Times are RFC 3339 in UTC, durations seconds, sizes bytes.
 * Made from the ledger and from what the daemon says at this moment.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Control, ServiceState } from './control.ts';
import type { ConnectionFilter } from './ledger/connection-list.ts';
import { listed } from './ledger/connection-list.ts';
import { isPostQuantum } from './ledger/count-event.ts';
import { handshakeView } from './ledger/handshake-view.ts';
import type { HistoryAnswer } from './ledger/history.ts';
import { History } from './ledger/history.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { LiveConnection } from './ledger/live-connection.ts';
import type { OpenConnection } from './ledger/open-connection.ts';
import type { Problem } from './ledger/problems.ts';

/** A look at the open connections is used for so long: many readers cost no more than one. */
const LOOK_AGAIN_MS = 500;
/** The same where there are many: half a step of the history, and of the page's rounds then, so that those two share a look. */
const LOOK_AGAIN_AT_MANY_MS = 2500;
const MANY = 1000;
/** A worker that does not answer is found dead, or answers, long before so many looks. */
const SURE_LOOKS = 20;
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
  /** By service. One that a reload has taken away is judged as before while it has connections. */
  #silentMs: ReadonlyMap<string, number | undefined> = new Map();
  #looking: Promise<void> | undefined;
  /** As `performance.now()` has it: the clock of the wall may be set back. */
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(ledger: Ledger, control: Control) {
    this.ledger = ledger;
    this.control = control;
  }

  /** Brings the ledger up to date with what is open now. @param fresh also where somebody has just looked */
  async look(fresh = false): Promise<void> {
    if (this.#looking !== undefined) await (fresh ? this.#looking.catch(() => undefined) : this.#looking);
    if (!fresh && performance.now() - this.#lookedAt < this.#lookAgainMs) return;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** A fresh look, again after a while where it failed: for what nobody may ask for later. Never rejects. */
  async lookSurely(): Promise<void> {
    for (let looks = 0; looks < SURE_LOOKS; looks += 1) {
      try {
        return await this.look(true);
      } catch {
        await delay(LOOK_AGAIN_MS, undefined, { ref: false });
      }
    }
  }

  get #lookAgainMs(): number {
    return this.ledger.open.size > MANY ? LOOK_AGAIN_AT_MANY_MS : LOOK_AGAIN_MS;
  }

  async #look(): Promise<void> {
    const askedAt = Date.now();
    const live: readonly LiveConnection[] = await this.control.connections();
    this.#lookedAt = performance.now();
    const before = [...new Set(live.map(({ service }) => service))].map((name) => [name, this.#silentMs.get(name)] as const);
    this.#silentMs = new Map([...before, ...this.control.state().services.map(({ name, silentMs }) => [name, silentMs] as const)]);
    this.ledger.look(live, askedAt, (service) => this.#silentMs.get(service));
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
    const { offset, limit } = filter;
    const found = listed(this.ledger.open.values(), filter);
    return { total: found.length, offset, connections: found.slice(offset, offset + limit).map((each) => connectionView(each, now)) };
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
    return this.#history.since(from);
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

export function connectionView(each: OpenConnection, now: number): object {
  const { connection, id, service, mode, client, name, nameSource, originalDestination, upstream, tls, passedOn } = each;
  return {
    connection,
    id,
    service,
    mode,
    client,
    name,
    nameSource,
    originalDestination,
    upstream,
    startedAt: timeText(each.startedAt),
    seconds: seconds(now - each.startedAt),
    stage: each.stage,
    toTls: each.toTls,
    toPlain: each.toPlain,
    bytesPerSecond: Math.round(each.bytesPerSecond),
    silent: each.silent,
    silentSeconds: each.stage === 'relay' ? seconds(now - each.movedAt) : 0,
    tls: tls === undefined ? null : tlsView(tls),
    verified: each.verified,
    passedOn,
    peerSha256: each.peerSha256,
  };
}

export function tlsView({ protocol, cipher, group, resumed }: NonNullable<OpenConnection['tls']>): object {
  return { version: protocol, cipher, group, postQuantum: isPostQuantum(group), resumed };
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

const SECOND_MS = 1000;
/** The second that was written last, and its text up to the point: every record has two times, and most are of one second. */
let [second, textOfSecond] = [Number.NaN, ''];

/** RFC 3339, UTC, to the millisecond. A certificate may end beyond what that can say. */
export function timeText(ms: number): string {
  const wanted = Math.floor(ms / SECOND_MS);
  if (wanted !== second) {
    const time = new Date(wanted * SECOND_MS);
    if (Number.isNaN(time.getTime())) return '9999-12-31T23:59:59.999Z';
    second = wanted;
    textOfSecond = time.toISOString().slice(0, -'000Z'.length);
  }
  return `${textOfSecond}${String(Math.floor(ms) - wanted * SECOND_MS).padStart(3, '0')}Z`;
}

export function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
