/**
 * Makes numbers and facts of events: what is open, what was counted, the last failures, the certificates. Pure state, fed by `observe`
 * and by looking at the open connections now and then (`look`): their bytes are in no event. Bounded: it keeps one entry per open
 * connection, and of everything else a fixed number (`problems.ts`, `certificates.ts`).
 */
import { isUntold } from '../../failure-cause.ts';
import type { DaemonEvent, UnwrappedFlow } from '../../observe/daemon-events.ts';
import type { EventContext, EventOf, Observe, OvercoatEvent } from '../../observe/events.ts';
import { isFollowed } from '../../observe/followed.ts';
import { explanation } from '../../observe/lines/failure.ts';
import { targetText } from '../../observe/lines/parts.ts';
import { linesOf } from '../../observe/log-lines.ts';
import { observer } from '../../observe/observers.ts';
import { Counts } from '../metrics/metrics.ts';
import type { Expiry, PeerCertificate } from './certificates.ts';
import { Certificates } from './certificates.ts';
import { ClockJumps } from './clock-jumps.ts';
import { countEvent } from './count-event.ts';
import { codeOfFault } from './daemon-problems.ts';
import type { Carried } from './history.ts';
import type { LiveConnection } from './live-connection.ts';
import { countBytes, Looks } from './looks.ts';
import type { OpenConnection } from './open-connection.ts';
import { beginning, destinationOf, learn } from './open-connection.ts';
import type { Problem } from './problems.ts';
import { Problems } from './problems.ts';

/** How a connection ended, where its own `closed` event says so; `lost`: its worker ended. */
export type Ending = { readonly kind: 'closed'; readonly event: EventOf<'closed'> } | { readonly kind: 'lost'; readonly ms: number };

/** Who wants to know when a connection has ended, with all that was known of it. */
export type OnEnded = (connection: OpenConnection, ending: Ending) => void;
/** Who wants every event that is followed, as it comes. */
export type OnEvent = (event: OvercoatEvent, context: EventContext, at: number) => void;

export class Ledger {
  readonly counts = new Counts();
  readonly open = new Map<number, OpenConnection>();
  readonly #problems: Problems;
  readonly #certificates: Certificates;
  /** By service: why it has no certificate that will last. */
  readonly #unissued = new Map<string, string>();
  #unwrapped: readonly UnwrappedFlow[] = [];
  readonly #onEnded = new Set<OnEnded>();
  readonly #onEvent = new Set<OnEvent>();
  readonly #now: () => number;
  readonly #jumps: ClockJumps;
  readonly #looks: Looks;

  /**
   * @param keepClientsMs how long the address of a client is shown after its connection has ended
   * @param now the wall clock; tests move it
   * @param steady the clock that nobody sets; in tests the same, so that moving it is no jump
   */
  constructor(
    keepClientsMs: number,
    now: () => number = Date.now,
    steady: () => number = now === Date.now ? () => performance.now() : now,
  ) {
    this.#problems = new Problems(keepClientsMs);
    this.#looks = new Looks({ open: this.open, counts: this.counts, problems: this.#problems });
    this.#certificates = new Certificates(keepClientsMs);
    this.#now = now;
    this.#jumps = new ClockJumps(now, steady);
  }

  /** Keeps ages and silences true where somebody has set the clock: open connections began so much earlier or later, as it is now. */
  #followClock(): void {
    const jump = this.#jumps.take();
    if (jump === 0) return;
    for (const connection of this.open.values()) {
      connection.startedAt += jump;
      connection.movedAt += jump;
      connection.lookedAt += jump;
    }
  }

  readonly observe: Observe = observer(
    (event, context, at = this.#now()) => {
      if (!isFollowed(event.kind)) return;
      if (event.kind === 'started' || event.kind === 'closed') this.#followClock(); // what lies between is told without a clock
      this.#take(event, context, at);
      if (this.#onEvent.size > 0) for (const tell of this.#onEvent) tell(event, context, at);
    },
    (kind) => isFollowed(kind),
  );

  /** Newest first. */
  get problems(): readonly Problem[] {
    return this.#problems.at(this.#now());
  }

  get expiries(): readonly Expiry[] {
    return this.#certificates.own;
  }

  /** Why services have no certificate, or none that will last; sentences. */
  get unissued(): readonly string[] {
    return [...this.#unissued.values()];
  }

  get peerCertificates(): readonly PeerCertificate[] {
    return this.#certificates.peersAt(this.#now());
  }

  /** Of every service that has carried anything, since the start. */
  carried(): ReadonlyMap<string, Carried> {
    const sums = new Map<string, Carried>();
    for (const { labels, value } of this.counts.samples('overcoat_relayed_bytes_total')) {
      const service = labels['service'] ?? '';
      const { toTls, toPlain } = sums.get(service) ?? { toTls: 0, toPlain: 0 };
      sums.set(service, labels['to'] === 'tls' ? { toTls: toTls + value, toPlain } : { toTls, toPlain: toPlain + value });
    }
    return sums;
  }

  /** What hosts of a gateway send past Overcoat, the most bytes first. */
  get unwrapped(): readonly UnwrappedFlow[] {
    return this.#unwrapped;
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
   * @param silentMs after how long a connection of a service is silent; undefined: never
   * @returns the connections that nobody runs any more; their worker took its last word along
   */
  look(live: readonly LiveConnection[], askedAt: number, silentMs: (service: string) => number | undefined): readonly OpenConnection[] {
    this.#followClock();
    const now = this.#now();
    const lost = this.#looks.take(live, askedAt, silentMs, now);
    for (const connection of lost) this.#tellEnded(connection, { kind: 'lost', ms: now - connection.startedAt });
    return lost;
  }

  #tellEnded(connection: OpenConnection, ending: Ending): void {
    for (const tell of this.#onEnded) tell(connection, ending);
  }

  #take(event: OvercoatEvent, context: EventContext, at: number): void {
    const service = context.service?.name ?? '';
    const known = context.connection === undefined ? undefined : this.open.get(context.connection);
    countEvent(this.counts, event, service);
    switch (event.kind) {
      case 'started':
        this.#begin(context, at);
        return;
      case 'certificate-shown':
        if (known !== undefined) learn(known, event, service, at);
        this.#keepPeer(event, service, known, at);
        return;
      case 'closed':
        this.#close(event, context, known, at);
        return;
      case 'configuration-reading':
        this.#certificates.reading();
        return;
      case 'expiry-known':
        this.#certificates.keep({ of: event.of, service, name: event.name, expires: event.expires });
        return;
      case 'expiry-near':
        this.#problems.add({
          at,
          code: 'config_expiry',
          service: event.services.join(' '),
          text: linesOf(event, { id: '', service: undefined })[0]?.text ?? '',
        });
        return;
      case 'service-flawed':
        this.#problems.add({
          at,
          code: event.code,
          service,
          text: event.option === '' ? event.text : `${event.option}: ${event.text}`,
        });
        return;
      case 'reloaded':
        this.#certificates.read(true);
        return;
      case 'reload-failed':
        this.#certificates.read(false);
        this.#problems.add({ at, code: event.code ?? 'config_invalid_value', service, text: event.problems.join('; ') });
        return;
      case 'files-renewed':
        for (const name of event.services) this.#unissued.delete(name);
        this.#certificates.forget(event.services); // what they have now is told next
        return;
      case 'list-not-fetched':
        this.#problems.add({ at, code: 'config_expiry', service, text: `${event.url}: ${event.text}` });
        return;
      case 'certificate-awaited':
        this.#unissued.set(service, `service [${service}] has no certificate yet`);
        return;
      case 'certificate-issued':
        this.#unissued.delete(service);
        return;
      case 'certificate-not-issued':
        if (event.near) this.#unissued.set(service, `service [${service}] gets no new certificate: ${event.text}`);
        this.#problems.add({
          at,
          code: 'config_acme',
          service,
          destination: event.directory,
          text: `${event.names.join(', ')}: ${event.text}`,
        });
        return;
      case 'files-refused':
        this.#problems.add({ at, code: event.code, service, text: event.text });
        return;
      case 'unwrapped-counted':
        this.#unwrapped = event.flows;
        return;
      default:
        if (known !== undefined) learn(known, event, service, at);
        else this.#keepFault(event, context, at);
    }
  }

  /** What goes wrong again and again is one problem. */
  #keepFault(event: OvercoatEvent, context: EventContext, at: number): void {
    const code = codeOfFault(event as DaemonEvent);
    if (code === undefined) return;
    const text = linesOf(event, context)[0]?.text ?? '';
    this.#problems.addAgain({ at, code, service: context.service?.name ?? '', text });
  }

  #begin(context: EventContext, at: number): void {
    const connection = beginning(context, at);
    if (connection !== undefined) this.open.set(connection.connection, connection);
  }

  #keepPeer(event: EventOf<'certificate-shown'>, service: string, known: OpenConnection | undefined, at: number): void {
    const ofClient = known?.mode === 'server';
    const peer = known === undefined ? '' : ofClient ? hostOf(known.client) : destinationOf(known);
    this.#certificates.keepPeer(event, { service, peer, ofClient, lastSeen: at });
  }

  #close(event: EventOf<'closed'>, context: EventContext, known: OpenConnection | undefined, at: number): void {
    const service = context.service?.name ?? '';
    const { reason, stage, parties } = event;
    if (known !== undefined) {
      learn(known, event, service, at);
      this.open.delete(known.connection);
      countBytes(this.counts, service, event.toTls - known.toTls, event.toPlain - known.toPlain);
      known.toTls = event.toTls;
      known.toPlain = event.toPlain;
    }
    if (reason.kind === 'failed' && !isUntold(reason.because)) {
      const { why: text, remedy } = explanation(reason, context);
      const { code } = reason;
      const { client } = parties;
      const destination = targetText(parties.name, parties.address);
      this.#problems.add({ at, code, service, connection: context.connection, client, destination, stage, text, remedy });
    }
    if (known !== undefined) this.#tellEnded(known, { kind: 'closed', event });
  }
}

/** Without its port. */
function hostOf(client: string): string {
  const colon = client.lastIndexOf(':');
  return colon < 0 ? client : client.slice(0, colon);
}
