/**
 * Makes numbers and facts of events: what is open, what was counted, the last failures, the certificates. Pure state, fed by `observe`
 * and by looking at the open connections now and then (`look`): their bytes are in no event. Bounded: it keeps one entry per open
 * connection and `MAX_` of everything else.
 */
import type { ErrorCode } from '../errors.ts';
import { ERROR_CATALOGUE } from '../errors.ts';
import type { Expiring } from '../observe/daemon-events.ts';
import type { EventContext, EventOf, HandshakeFacts, NameSource, Observe, OvercoatEvent, Stage } from '../observe/events.ts';
import { isFollowed } from '../observe/followed.ts';
import { explanation } from '../observe/lines/failure.ts';
import { linesOf } from '../observe/log-lines.ts';
import { observer } from '../observe/observers.ts';
import { MAX_LINE_BYTES, printable } from '../text/printable.ts';
import type { LiveConnection } from './control.ts';
import { Counts } from './metrics.ts';
import { withoutPaths } from './redact.ts';

const MAX_PROBLEMS = 200;
const MAX_PEER_CERTIFICATES = 500;
/** A sender that is connected and sends nothing for so long is called silent. */
export const SILENT_MS = 10_000;

export interface OpenConnection {
  readonly connection: number;
  readonly id: string;
  service: string;
  readonly mode: 'client' | 'server';
  /** In milliseconds since 1970. */
  readonly startedAt: number;
  client: string;
  /** '' until it is known, or where nobody knows. */
  name: string;
  nameSource: NameSource;
  /** Where the client was going before it was intercepted; '' where it was not. */
  originalDestination: string;
  /** The address that answered; '' before. */
  upstream: string;
  tls: HandshakeFacts | undefined;
  /** How the peer was verified; '' before the handshake's end. */
  verified: string;
  passedOn: boolean;
  /** SHA-256 of the peer's certificate; '' where it showed none. */
  peerSha256: string;
  stage: Stage;
  toTls: number;
  toPlain: number;
  /** When somebody last saw that bytes had moved, in milliseconds since 1970. */
  movedAt: number;
  /** Bytes a second between the last two looks. */
  bytesPerSecond: number;
  lookedAt: number;
}

/** How a connection ended, where its own `closed` event says so; `lost`: its worker ended. */
export type Ending = { readonly kind: 'closed'; readonly event: EventOf<'closed'> } | { readonly kind: 'lost'; readonly ms: number };

export interface Problem {
  /** In milliseconds since 1970. */
  readonly at: number;
  readonly code: ErrorCode;
  readonly service: string;
  /** undefined: it is about no connection. */
  readonly connection: number | undefined;
  readonly client: string;
  /** Where it was going: the name or the address, as far as that was known. */
  readonly destination: string;
  readonly stage: Stage | undefined;
  readonly text: string;
  readonly remedy: string;
}

export interface Expiry {
  readonly of: Expiring;
  readonly service: string;
  readonly name: string;
  /** undefined: it does not say. */
  readonly expires: number | undefined;
}

export interface PeerCertificate {
  readonly sha256: string;
  readonly subject: string;
  readonly issuer: string;
  readonly expires: number;
  readonly service: string;
  readonly peer: string;
  /** It is that of a client, whose address is not shown for ever. */
  readonly ofClient: boolean;
  readonly lastSeen: number;
}

/** Who wants to know when a connection has ended, with all that was known of it. */
export type OnEnded = (connection: OpenConnection, ending: Ending) => void;
/** Who wants every event that is followed, as it comes. */
export type OnEvent = (event: OvercoatEvent, context: EventContext, at: number) => void;

export class Ledger {
  readonly counts = new Counts();
  readonly open = new Map<number, OpenConnection>();
  readonly #problems: Problem[] = [];
  #expiries: ReadonlyMap<string, Expiry> = new Map();
  /** Those of a configuration that is being read and is not in force yet. */
  #coming: Map<string, Expiry> | undefined;
  readonly #peers = new Map<string, PeerCertificate>();
  readonly #onEnded = new Set<OnEnded>();
  readonly #onEvent = new Set<OnEvent>();
  readonly #now: () => number;
  readonly #keepClientsMs: number;

  /**
   * @param keepClientsMs how long the address of a client is shown after its connection has ended
   * @param now the wall clock; tests move it
   */
  constructor(keepClientsMs: number, now: () => number = Date.now) {
    this.#keepClientsMs = keepClientsMs;
    this.#now = now;
  }

  readonly observe: Observe = observer(
    (event, context, at = this.#now()) => {
      if (!isFollowed(event.kind)) return;
      this.#take(event, context, at);
      for (const tell of this.#onEvent) tell(event, context, at);
    },
    (kind) => isFollowed(kind),
  );

  /** Newest first. */
  get problems(): readonly Problem[] {
    const since = this.#now() - this.#keepClientsMs;
    return this.#problems.toReversed().map((problem) => (problem.at < since ? { ...problem, client: '' } : problem));
  }

  get expiries(): readonly Expiry[] {
    return [...this.#expiries.values()];
  }

  get peerCertificates(): readonly PeerCertificate[] {
    const since = this.#now() - this.#keepClientsMs;
    return [...this.#peers.values()].map((each) => (each.ofClient && each.lastSeen < since ? { ...each, peer: '' } : each));
  }

  /** @returns undoes it */
  onEnded(tell: OnEnded): () => void {
    this.#onEnded.add(tell);
    return () => void this.#onEnded.delete(tell);
  }

  /** @returns undoes it */
  onEvent(tell: OnEvent): () => void {
    this.#onEvent.add(tell);
    return () => void this.#onEvent.delete(tell);
  }

  /**
   * Takes in what the open connections have relayed.
   * @param askedAt when that was asked for: what began later may be missing from the list
   * @returns the connections that nobody runs any more; their worker took its last word along
   */
  look(live: readonly LiveConnection[], askedAt: number): readonly OpenConnection[] {
    const now = this.#now();
    const seen = new Set<number>();
    for (const each of live) {
      seen.add(each.connection);
      const known = this.open.get(each.connection);
      if (known !== undefined) this.#update(known, each, now);
    }
    const lost = [...this.open.values()].filter(({ connection, startedAt }) => startedAt < askedAt && !seen.has(connection));
    for (const connection of lost) this.#lose(connection, now);
    return lost;
  }

  #update(known: OpenConnection, { service, toTls, toPlain, stage }: LiveConnection, now: number): void {
    const moved = toTls + toPlain - known.toTls - known.toPlain;
    const sinceMs = now - known.lookedAt;
    known.service = service;
    known.stage = stage;
    if (sinceMs > 0) {
      known.bytesPerSecond = (moved * 1000) / sinceMs;
      known.lookedAt = now;
    }
    if (moved === 0) return;
    known.movedAt = now;
    this.#count(known, toTls, toPlain);
  }

  /** Bytes are counted as they are seen, so that the counters never go back, whoever dies. */
  #count(known: OpenConnection, toTls: number, toPlain: number): void {
    const { service } = known;
    if (toTls > known.toTls) this.counts.add('overcoat_relayed_bytes_total', { service, to: 'tls' }, toTls - known.toTls);
    if (toPlain > known.toPlain) this.counts.add('overcoat_relayed_bytes_total', { service, to: 'plain' }, toPlain - known.toPlain);
    known.toTls = toTls;
    known.toPlain = toPlain;
  }

  #lose(connection: OpenConnection, now: number): void {
    const { service, stage } = connection;
    this.open.delete(connection.connection);
    this.counts.add('overcoat_connections_closed_total', { service, reason: 'lost', stage });
    for (const tell of this.#onEnded) tell(connection, { kind: 'lost', ms: now - connection.startedAt });
  }

  #take(event: OvercoatEvent, context: EventContext, at: number): void {
    const service = context.service?.name ?? '';
    const known = context.connection === undefined ? undefined : this.open.get(context.connection);
    switch (event.kind) {
      case 'started':
        this.#begin(context, at);
        return;
      case 'accepted':
      case 'proxied':
        if (event.kind === 'accepted') this.counts.add('overcoat_connections_accepted_total', { service });
        if (known !== undefined) known.client = event.client;
        return;
      case 'original-destination':
        if (known !== undefined) known.originalDestination = event.address;
        return;
      case 'server-name':
        this.counts.add('overcoat_server_names_total', { service, source: event.source });
        if (known !== undefined) Object.assign(known, { name: event.name, nameSource: event.source });
        return;
      case 'passed-on':
        this.counts.add('overcoat_passed_on_total', { service });
        if (known !== undefined) known.passedOn = true;
        return;
      case 'upstream-connected':
        this.counts.record('overcoat_dial_seconds', { service }, event.ms / 1000);
        if (known !== undefined) known.upstream = event.address;
        return;
      case 'connect-failed':
      case 'connect-refused':
        this.counts.add('overcoat_dial_failures_total', { service, why: 'refused' });
        return;
      case 'connect-timeout':
        this.counts.add('overcoat_dial_failures_total', { service, why: 'timeout' });
        return;
      case 'resolve-failed':
        this.counts.add('overcoat_dial_failures_total', { service, why: 'unresolved' });
        return;
      case 'certificate-shown':
        this.#keepPeer(event, { service, known, at });
        return;
      case 'handshake-finished':
        this.#handshake(event, service, known);
        return;
      case 'redirected':
        this.counts.add('overcoat_redirected_total', { service });
        return;
      case 'alert':
        this.counts.add('overcoat_alerts_total', { service, direction: event.direction, peer: event.peer, alert: event.name });
        return;
      case 'closed':
        this.#close(event, { service, known, context, at });
        return;
      default:
        this.#takeOfDaemon(event, service, at);
    }
  }

  #takeOfDaemon(event: OvercoatEvent, service: string, at: number): void {
    switch (event.kind) {
      case 'configuration-reading':
        this.#coming = new Map(); // those of the new configuration follow
        return;
      case 'expiry-known':
        this.#keepExpiry({ of: event.of, service, name: event.name, expires: event.expires });
        return;
      case 'expiry-near':
        this.#problem({
          at,
          code: 'config_expiry',
          service: event.services.join(' '),
          text: linesOf(event, { id: '', service: undefined })[0]?.text ?? '',
        });
        return;
      case 'service-flawed':
        this.#problem({ at, code: event.code, service, text: event.option === '' ? event.text : `${event.option}: ${event.text}` });
        return;
      case 'reloaded':
        this.#expiries = this.#coming ?? this.#expiries;
        this.#coming = undefined;
        this.counts.add('overcoat_reloads_total', { result: 'successful' });
        return;
      case 'reload-failed':
        this.#coming = undefined;
        this.counts.add('overcoat_reloads_total', { result: 'failed' });
        this.#problem({ at, code: event.code ?? 'config_invalid_value', service, text: event.problems.join('; ') });
        return;
      case 'files-renewed':
        // what they have now is told next
        this.#expiries = new Map([...this.#expiries].filter(([, expiry]) => !event.services.includes(expiry.service)));
        for (const name of event.services) this.counts.add('overcoat_renewals_total', { service: name, result: 'taken' });
        return;
      case 'list-fetched':
        this.counts.add('overcoat_list_fetches_total', { service, result: 'successful' });
        return;
      case 'list-not-fetched':
        this.counts.add('overcoat_list_fetches_total', { service, result: 'failed' });
        this.#problem({ at, code: 'config_expiry', service, text: `${event.url}: ${event.text}` });
        return;
      case 'files-refused':
        this.counts.add('overcoat_renewals_total', { service, result: 'refused' });
        this.#problem({ at, code: event.code, service, text: event.text });
        return;
      case 'too-many-clients':
        this.counts.add('overcoat_clients_turned_away_total', { service });
        return;
      case 'accept-failed':
        this.counts.add('overcoat_accept_failures_total', { service });
        return;
      case 'log-lines-lost':
        this.counts.add('overcoat_log_lines_lost_total', {}, event.count);
        return;
      case 'worker-ended':
        this.counts.add('overcoat_worker_ends_total', {});
        return;
    }
  }

  #begin({ connection, id, service }: EventContext, at: number): void {
    if (connection === undefined) return;
    this.open.set(connection, {
      connection,
      id,
      service: service?.name ?? '',
      mode: service?.mode ?? 'client',
      startedAt: at,
      client: '',
      name: '',
      nameSource: 'none',
      originalDestination: '',
      upstream: '',
      tls: undefined,
      verified: '',
      passedOn: false,
      peerSha256: '',
      stage: 'access',
      toTls: 0,
      toPlain: 0,
      movedAt: at,
      bytesPerSecond: 0,
      lookedAt: at,
    });
  }

  #handshake({ facts, verified, ms }: EventOf<'handshake-finished'>, service: string, known: OpenConnection | undefined): void {
    const { role, protocol, group, resumed } = facts;
    this.counts.add('overcoat_handshakes_total', {
      service,
      role,
      version: protocol,
      group,
      post_quantum: yesOrNo(isPostQuantum(group)),
      resumed: yesOrNo(resumed),
    });
    this.counts.record('overcoat_handshake_seconds', { service }, ms / 1000);
    if (known !== undefined) Object.assign(known, { tls: facts, verified, service });
  }

  #keepPeer({ sha256, subject, issuer, expires }: EventOf<'certificate-shown'>, { service, known, at }: About): void {
    if (known !== undefined) known.peerSha256 = sha256;
    const ofClient = known?.mode === 'server';
    const peer = known === undefined ? '' : ofClient ? hostOf(known.client) : destinationOf(known);
    this.#peers.delete(sha256); // the newest last
    this.#peers.set(sha256, { sha256, subject, issuer, expires, service, peer, ofClient, lastSeen: at });
    const [oldest] = this.#peers.keys();
    if (this.#peers.size > MAX_PEER_CERTIFICATES && oldest !== undefined) this.#peers.delete(oldest);
  }

  #close(event: EventOf<'closed'>, { service, known, context, at }: About & { readonly context: EventContext }): void {
    const { reason, stage } = event;
    this.counts.add('overcoat_connections_closed_total', { service, reason: reason.kind, stage });
    if (known !== undefined) {
      known.service = service;
      known.stage = stage;
      this.open.delete(known.connection);
      this.#count(known, event.toTls, event.toPlain);
    }
    if (reason.kind === 'failed') {
      this.counts.add('overcoat_failures_total', { service, code: reason.code });
      if (reason.code === 'destination_loop') this.counts.add('overcoat_loops_total', { service });
      const { connection } = context;
      const client = known?.client ?? '';
      const destination = known === undefined ? '' : destinationOf(known);
      const { why, remedy } = explanation(reason, context);
      this.#problem({ at, code: reason.code, service, connection, client, destination, stage, text: why, remedy });
    }
    if (known !== undefined) for (const tell of this.#onEnded) tell(known, { kind: 'closed', event });
  }

  #keepExpiry(expiry: Expiry): void {
    const key = `${expiry.service}\n${expiry.of}\n${expiry.name}`;
    if (this.#coming === undefined) this.#expiries = new Map(this.#expiries).set(key, expiry);
    else this.#coming.set(key, expiry);
  }

  /** Whatever its text is made of, peers and configurations too, it is one bounded line that shows no secret. */
  #problem(problem: Pick<Problem, 'at' | 'code' | 'service' | 'text'> & Partial<Problem>): void {
    const { remedy = ERROR_CATALOGUE[problem.code].hint } = problem;
    const text = printable(withoutPaths(problem.text), MAX_LINE_BYTES);
    this.#problems.push({ connection: undefined, client: '', destination: '', stage: undefined, ...problem, text, remedy });
    if (this.#problems.length > MAX_PROBLEMS) this.#problems.shift();
  }
}

interface About {
  readonly service: string;
  readonly known: OpenConnection | undefined;
  readonly at: number;
}

/** Where a connection goes, by the best that is known: the name, else the address that answered, else the one the client wanted. */
export function destinationOf({ name, upstream, originalDestination }: OpenConnection): string {
  if (name === '') return upstream === '' ? originalDestination : upstream;
  const address = upstream === '' ? originalDestination : upstream;
  return address === '' || address.startsWith(`${name}:`) ? name : `${name} (${address})`;
}

/** Without its port. */
function hostOf(client: string): string {
  const colon = client.lastIndexOf(':');
  return colon < 0 ? client : client.slice(0, colon);
}

export function isPostQuantum(group: string): boolean {
  return group.includes('MLKEM');
}

export function yesOrNo(value: boolean): 'yes' | 'no' {
  return value ? 'yes' : 'no';
}
