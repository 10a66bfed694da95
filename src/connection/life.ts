/**
 * The life of one connection: it owns both sockets, the wait the current step is in, the deadline for the client, and the single
 * close. Steps ask it to wait and tell it what happened; nothing else holds state about a connection.
 */
import type net from 'node:net';
import { performance } from 'node:perf_hooks';
import type { ServiceConfig } from '../config/config.ts';
import { OvercoatError } from '../errors.ts';
import type { CloseReason, ConnectionEvent, EventContext, Observe } from '../observe/events.ts';
import type { EndHow } from './close.ts';
import { endSocket } from './close.ts';
import type { LoopGuard } from './loop-guard.ts';

/** What a step waits for: `client` waits are also bounded by TIMEOUTsetup. */
export interface Wait {
  readonly on: 'client' | 'upstream';
  /** Milliseconds; undefined: only TIMEOUTsetup bounds it. */
  readonly limitMs: number | undefined;
  /** The error the wait fails with when its own limit is over. */
  readonly expired: () => Error;
}

export type LegName = 'client' | 'upstream';

/** Bytes of the application written to each kind of leg, counted by the relay. */
export interface Counters {
  toTls: number;
  toPlain: number;
}

/** Thrown into a wait when the connection was ended from outside it. */
class Ended extends Error {
  readonly reason: CloseReason;
  constructor(reason: CloseReason) {
    super('connection ended');
    this.reason = reason;
  }
}

export class Life {
  readonly id: string;
  readonly counters: Counters = { toTls: 0, toPlain: 0 };
  readonly startedAt = performance.now();
  /** Set when the relay has begun: from then on an abrupt end is passed on as a reset on both legs. */
  relaying = false;
  /** Set when a TLS handshake has finished: the peer is there. */
  secured = false;
  /** Set where what is dialled for it may come back to us: for an intercepted connection, and where a target has a port of ours. */
  loops: LoopGuard | undefined;
  /** How many of our connections it is one of, where each led to the next. */
  hops = 1;
  #context: EventContext;
  #config: ServiceConfig;
  readonly #observe: Observe;
  readonly #setupEndsAt: number | undefined;
  readonly #sockets = new Map<LegName, net.Socket>();
  readonly #tlsLegs = new Set<LegName>();
  #interrupt: ((cause: Error) => void) | undefined;
  #waitingOn: LegName | undefined;
  #ended: CloseReason | undefined;
  /** The upstream's error between two waits. */
  #failedBetween: Error | undefined;
  #onEnd: ((reason: CloseReason) => void)[] = [];

  constructor(id: string, config: ServiceConfig, observe: Observe) {
    this.id = id;
    this.#config = config;
    this.#context = { id, service: config };
    this.#observe = observe;
    this.#setupEndsAt = config.limits.setupMs === undefined ? undefined : this.startedAt + config.limits.setupMs;
  }

  /** The service that serves it. */
  get config(): ServiceConfig {
    return this.#config;
  }

  /** A virtual service takes over before TLS starts: from here on its limits hold and its name stands in the log. */
  serve(config: ServiceConfig): void {
    this.#config = config;
    this.#context = { id: this.id, service: config };
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  emit(event: ConnectionEvent): void {
    if (event.kind === 'handshake-finished') this.secured = true;
    this.#observe(event, this.#context);
  }

  /**
   * Takes over a socket: from here on its errors end the connection and `close` ends it. Owning a second socket for the same leg
   * (the TLS socket around a raw one) replaces the first.
   */
  own(leg: LegName, socket: net.Socket, kind: 'plain' | 'tls' = 'plain'): void {
    this.#sockets.set(leg, socket);
    if (kind === 'tls') this.#tlsLegs.add(leg);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (this.#sockets.get(leg) === socket) this.fail(leg, error);
    });
    if (this.#ended !== undefined) this.#endLeg(leg, socket, this.#ended);
  }

  /** Lets go of a leg whose dial failed, so that the next address can be tried. */
  disown(leg: LegName): void {
    this.#sockets.get(leg)?.destroy();
    this.#sockets.delete(leg);
    if (leg === 'upstream') this.#failedBetween = undefined;
    this.#tlsLegs.delete(leg);
  }

  /**
   * A socket failed. A step that waits on this leg hears of it; for the upstream also the next one that will, as TLS may fail in the
   * same turn in which TCP has come up. Otherwise it ends the connection as a reset by that side.
   */
  fail(leg: LegName, error: Error): void {
    if (this.#waitingOn === leg) this.#interrupt?.(error);
    else if (leg === 'upstream' && this.#waitingOn === undefined && !this.relaying) this.#failedBetween = error;
    else this.#endFailed(leg);
  }

  #endFailed(leg: LegName): void {
    this.end(leg === 'client' ? { kind: 'client-reset' } : { kind: 'upstream-reset' });
  }

  /**
   * One wait of a step. `start` gets `done` and `fail` and returns a function that removes its listeners.
   * Rejects with what the wait's limit, TIMEOUTsetup, a socket error or the end of the connection says, whichever is first.
   */
  wait<T>(wait: Wait, start: (done: (value: T) => void, fail: (cause: Error) => void) => () => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const failed = this.#failedBetween;
      if (failed !== undefined && wait.on !== 'upstream') this.#endFailed('upstream');
      if (this.#ended !== undefined) {
        reject(new Ended(this.#ended));
        return;
      }
      if (failed !== undefined) {
        this.#failedBetween = undefined;
        reject(failed);
        return;
      }
      let stop: (() => void) | undefined;
      let settled = false;
      const timer = this.#arm(wait, (cause) => settle(() => reject(cause)));
      const settle = (finish: () => void): void => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        this.#interrupt = undefined;
        this.#waitingOn = undefined;
        stop?.();
        finish();
      };
      this.#interrupt = (cause) => settle(() => reject(cause));
      this.#waitingOn = wait.on;
      stop = start(
        (value) => settle(() => resolve(value)),
        (cause) => settle(() => reject(cause)),
      );
      if (settled) stop();
    });
  }

  /** Ends the connection now, from any place; the first reason counts. */
  end(reason: CloseReason): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#interrupt?.(new Ended(reason));
    for (const [leg, socket] of this.#sockets) this.#endLeg(leg, socket, reason);
    this.emit({
      kind: 'closed',
      reason,
      toTls: this.counters.toTls,
      toPlain: this.counters.toPlain,
      ms: performance.now() - this.startedAt,
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

  #arm(wait: Wait, expire: (cause: Error) => void): NodeJS.Timeout | undefined {
    const setupLeft = wait.on === 'client' && this.#setupEndsAt !== undefined ? this.#setupEndsAt - performance.now() : undefined;
    if (setupLeft !== undefined && (wait.limitMs === undefined || setupLeft < wait.limitMs)) {
      return setTimeout(
        () => {
          this.emit({ kind: 'limit-exceeded', limit: 'TIMEOUTsetup', action: 'closing' });
          expire(new OvercoatError('setup_timeout', 'TIMEOUTsetup exceeded'));
        },
        Math.max(0, setupLeft),
      );
    }
    if (wait.limitMs === undefined) return undefined;
    return setTimeout(() => expire(wait.expired()), wait.limitMs);
  }

  #endLeg(leg: LegName, socket: net.Socket, reason: CloseReason): void {
    endSocket(socket, this.#howToEnd(leg, reason));
  }

  /**
   * Clean ends close cleanly. Everything else is a reset, so that a cut stream never looks like a whole one; but a TLS peer whose
   * handshake or verification failed gets what the TLS library has to say (its alert) instead.
   */
  #howToEnd(leg: LegName, reason: CloseReason): EndHow {
    if (reason.kind === 'finished' || reason.kind === 'close-timeout' || !this.config.reset) return 'close';
    if (!this.#tlsLegs.has(leg)) return 'reset';
    return this.relaying ? 'reset-tls' : 'close';
  }
}

function reasonOf(error: Error): CloseReason {
  if (error instanceof Ended) return error.reason;
  if (error instanceof OvercoatError) return { kind: 'failed', code: error.code, message: error.message, cause: error.cause };
  return { kind: 'failed', code: 'internal', message: error.message, cause: error };
}
