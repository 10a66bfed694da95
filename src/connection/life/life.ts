/**
 * The life of one connection: it owns both legs, the wait the current step is in, the deadline for the client, and the single close.
 * Steps say which stage they are, ask it to wait and tell it what happened; nothing else holds state about a connection.
 */
import { performance } from 'node:perf_hooks';
import { endText } from '../../address/dial-address.ts';
import type { ServiceConfig } from '../../config/config.ts';
import { OvercoatError } from '../../errors.ts';
import type {
  CloseReason,
  ConnectionEvent,
  ConnectionIdentity,
  EventContext,
  EventKind,
  Observe,
  Parties,
  SocketOptionEvent,
  Stage,
} from '../../observe/events.ts';
import { wantedBy } from '../../observe/observers.ts';
import type { EndHow, Leg, LegName } from '../../sockets/leg.ts';
import type { Start, Wait, Waiter } from '../../sockets/waiter.ts';
import { WaitSlot } from '../../sockets/waiter.ts';
import { Ended, endedBy, reasonOf } from './close-reason.ts';
import { howToEnd } from './how-to-end.ts';
import { configuredParties, partiesAfter } from './parties.ts';

/** Bytes of the application written to each kind of leg. */
export interface Counters {
  toTls: number;
  toPlain: number;
}

const all = { relayed: 0 };

/** Application bytes written to any leg of this process so far. Counted as they move: asking costs nothing, however many connections there are. */
export function relayedBytes(): number {
  return all.relayed;
}

export class Life implements Waiter {
  readonly identity: ConnectionIdentity;
  readonly counters: Counters = { toTls: 0, toPlain: 0 };
  readonly startedAt = performance.now();
  #context: EventContext;
  #config: ServiceConfig;
  readonly #observe: Observe;
  readonly #setupEndsAt: number | undefined;
  readonly #legs: Record<LegName, Leg | undefined> = { client: undefined, upstream: undefined };
  readonly #slot = new WaitSlot();
  #stage: Stage = 'access';
  #stageSince = this.startedAt;
  readonly #stageMs: Partial<Record<Stage, number>> = {};
  #firstByteMs: number | undefined;
  #parties: Parties;
  #upstreamAnswered = false;
  #endedFirst: LegName | undefined;
  /** Which leg a conversation has said its last words to. */
  #answered: LegName | undefined;
  #ended: CloseReason | undefined;
  /** An error of the upstream that came while no step waited. It fails the next wait on the upstream. */
  #failedBetween: Error | undefined;
  #onEnd: ((reason: CloseReason) => void)[] = [];

  constructor(identity: ConnectionIdentity, config: ServiceConfig, observe: Observe) {
    this.identity = identity;
    this.#config = config;
    this.#context = { ...identity, service: config };
    this.#observe = observe;
    this.#parties = configuredParties(config);
    this.#setupEndsAt = config.limits.setupMs === undefined ? undefined : this.startedAt + config.limits.setupMs;
  }

  /** The service that serves the connection now. */
  get config(): ServiceConfig {
    return this.#config;
  }

  /** A virtual service takes over before TLS starts: from here on its limits hold and its name stands in the log. */
  serve(config: ServiceConfig): void {
    this.#config = config;
    this.#context = { ...this.identity, service: config };
  }

  /** `relay`: an abrupt end is passed on as a reset on both legs. */
  get phase(): 'setup' | 'relay' | 'ended' {
    if (this.#ended !== undefined) return 'ended';
    return this.#stage === 'relay' ? 'relay' : 'setup';
  }

  get stage(): Stage {
    return this.#stage;
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** A step begins. */
  enter(stage: Stage): void {
    this.#countStage();
    this.#stage = stage;
  }

  /** Whether the connection is at a stage or has been. */
  reached(stage: Stage): boolean {
    return this.#stage === stage || this.#stageMs[stage] !== undefined;
  }

  #countStage(): void {
    const now = performance.now();
    this.#stageMs[this.#stage] = (this.#stageMs[this.#stage] ?? 0) + now - this.#stageSince;
    this.#stageSince = now;
  }

  /** Whether somebody does anything with events of a kind; ask before making one that costs. */
  wants(kind: EventKind): boolean {
    return wantedBy(this.#observe, kind, this.#context);
  }

  emit(event: ConnectionEvent | SocketOptionEvent): void {
    this.#parties = partiesAfter(this.#parties, event);
    this.#observe(event, this.#context);
  }

  /** Application bytes were written to a leg. */
  moved(to: LegName, bytes: number): void {
    if (to === 'client') {
      this.#firstByteMs ??= performance.now() - this.startedAt;
      this.#upstreamAnswered = true;
    }
    all.relayed += bytes;
    if ((to === 'client') === (this.#config.mode === 'server')) this.counters.toTls += bytes;
    else this.counters.toPlain += bytes;
  }

  /** Whether the upstream has sent anything, be it a part of a TLS handshake. */
  get upstreamAnswered(): boolean {
    return this.#upstreamAnswered;
  }

  /** The client has got bytes of the application. */
  get clientServed(): boolean {
    return this.#firstByteMs !== undefined;
  }

  upstreamHasAnswered(): void {
    this.#upstreamAnswered = true;
  }

  /** A leg's peer has ended its direction. The first of the two to do so counts as the one that ended the connection. */
  saidItsLast(leg: LegName): void {
    this.#endedFirst ??= leg;
  }

  /** A conversation says its last words to a leg. */
  answers(leg: LegName): void {
    this.#answered = leg;
  }

  /**
   * Takes over a leg: from here on its failure ends the connection and `close` ends it. Owning a second one under the same name (TLS
   * over the first) replaces the first.
   */
  own(name: LegName, leg: Leg): void {
    const known = this.#legs[name] === leg;
    this.#legs[name] = leg;
    if (name === 'client' && this.#parties.client === '') this.#parties = { ...this.#parties, client: endText(leg.remote) };
    if (!known) {
      leg.onFailed((cause) => {
        if (this.#legs[name] === leg) this.fail(name, cause);
      });
    }
    if (this.#ended !== undefined) this.#endLeg(name, this.#ended);
  }

  #endLeg(name: LegName, reason: CloseReason): void {
    this.#legs[name]?.end(this.#howToEnd(name, reason));
  }

  #howToEnd(name: LegName, reason: CloseReason): EndHow {
    const ended = { name, kind: this.#legs[name]?.kind, stage: this.#stage, answered: this.#answered === name };
    return howToEnd(ended, reason, this.#config);
  }

  /** Looks at what a leg's peer does while nobody waits for its bytes: a reset is only seen by a leg that is listened to. @returns what stops it */
  heed(name: LegName): () => void {
    return this.#legs[name]?.listen(() => undefined) ?? (() => undefined);
  }

  /** Lets go of a leg whose dial failed, so that the next address can be tried. */
  disown(name: LegName): void {
    this.#legs[name]?.end('close');
    this.#legs[name] = undefined;
    if (name === 'upstream') this.#failedBetween = undefined;
  }

  /**
   * A leg failed. A step that waits on it hears of it. An upstream error that arrives between two waits is kept and fails the next
   * wait on the upstream. Anything else ends the connection as a reset by that side.
   */
  fail(name: LegName, error: Error): void {
    const { waitingOn } = this.#slot;
    if (waitingOn === name) this.#slot.interrupt(error);
    else if (name === 'upstream' && waitingOn === undefined && this.phase === 'setup') this.#failedBetween = error;
    else this.#endFailed(name);
  }

  #endFailed(name: LegName): void {
    this.end(name === 'client' ? { kind: 'client-reset' } : { kind: 'upstream-reset' });
  }

  /** Rejects with what the wait's limit, TIMEOUTsetup, a failing leg or the end of the connection says, whichever is first. */
  wait<T>(wait: Wait, start: Start<T>): Promise<T> {
    const failed = this.#failedBetween;
    if (failed !== undefined && wait.on !== 'upstream') this.#endFailed('upstream');
    if (this.#ended !== undefined) return Promise.reject(new Ended(this.#ended));
    if (failed !== undefined) {
      this.#failedBetween = undefined;
      return Promise.reject(failed);
    }
    const { limitMs, expire } = this.#limitOf(wait);
    return this.#slot.run(wait.on, limitMs, expire, start);
  }

  #limitOf(wait: Wait): { readonly limitMs: number | undefined; readonly expire: () => Error } {
    const setupLeft = wait.on === 'client' && this.#setupEndsAt !== undefined ? this.#setupEndsAt - performance.now() : undefined;
    if (setupLeft === undefined || (wait.limitMs !== undefined && wait.limitMs <= setupLeft)) {
      return { limitMs: wait.limitMs, expire: wait.expired };
    }
    const expire = (): Error => {
      this.emit({ kind: 'limit-exceeded', limit: 'TIMEOUTsetup', action: 'closing' });
      const ms = this.#config.limits.setupMs ?? 0;
      return new OvercoatError('setup_timeout', 'TIMEOUTsetup exceeded', undefined, {
        kind: 'limit',
        limit: 'TIMEOUTsetup',
        ms,
        side: 'client',
        said: undefined,
      });
    };
    return { limitMs: Math.max(0, setupLeft), expire };
  }

  /** Ends the connection now, from any place; the first reason counts. */
  end(reason: CloseReason): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#countStage();
    if (this.#slot.waitingOn !== undefined) this.#slot.interrupt(new Ended(reason)); // an error's stack costs more than all the rest here
    this.#endLeg('client', reason);
    this.#endLeg('upstream', reason);
    this.emit({
      kind: 'closed',
      reason,
      parties: this.#parties,
      stage: this.#stage,
      endedBy: endedBy(reason, this.#endedFirst),
      ending: { client: this.#howToEnd('client', reason), upstream: this.#howToEnd('upstream', reason) },
      toTls: this.counters.toTls,
      toPlain: this.counters.toPlain,
      ms: performance.now() - this.startedAt,
      stageMs: { ...this.#stageMs },
      firstByteMs: this.#firstByteMs,
    });
    for (const listener of this.#onEnd) listener(reason);
    this.#onEnd = [];
  }

  /** The last line of `handleConnection`: whatever happened becomes one reason. */
  close(outcome: CloseReason | Error): CloseReason {
    const reason = outcome instanceof Error ? reasonOf(outcome) : outcome;
    this.end(reason);
    return this.#ended ?? reason;
  }

  /** Calls back when the connection has ended (at once if it has). */
  onEnd(listener: (reason: CloseReason) => void): void {
    if (this.#failedBetween !== undefined) this.#endFailed('upstream');
    if (this.#ended !== undefined) listener(this.#ended);
    else this.#onEnd.push(listener);
  }
}
