/**
 * Runs conversations on sockets: the only place of the protocols that owns reading, writing, limits and time. It reads a leg only
 * while the conversation waits for it, takes at most 64 KB of it in all, and hands on every byte the conversation did not read. The
 * one thing a reader might get wrong: it never ends a leg, not even after a failure; a leg's owner does.
 */

import type { Endpoint } from '../address/endpoint.ts';
import { OvercoatError } from '../errors.ts';
import type { Leg, LegName } from '../sockets/leg.ts';
import { LegReader } from '../sockets/leg-reader.ts';
import type { Start, Waiter } from '../sockets/waiter.ts';
import type { Conversation, DialOutcome, Measure, Step, Target, TlsFacts } from './conversation.ts';

/** What one leg may send in one dialogue, and what may be kept of it at any time. */
export const MAX_DIALOGUE_BYTES = 64 * 1024;

/** TIMEOUTidle is over: an end, not a failure. */
const IDLE = new Error('idle');

/** How long last words may take to be read before the connection is ended regardless. */
const FAREWELL_MS = 2000;

/** An upstream that was dialled on the conversation's wish; nothing read. */
export interface DialledLeg {
  readonly leg: Leg;
  readonly local: Endpoint | undefined;
}

export interface DialogueOptions {
  /** undefined: there is no such leg; what is written to it is dropped, and nothing comes from it. */
  readonly client: Leg | undefined;
  readonly upstream: Leg | undefined;
  readonly waiter: Waiter;
  /** All waiting of one dialogue together, in milliseconds (TIMEOUTbusy). */
  readonly busyMs: number;
  /** One wait of a settled conversation, in milliseconds (TIMEOUTidle). */
  readonly idleMs: number;
  /** Dials the target, or without one the service's own upstream. Rejects with an OvercoatError. */
  readonly dial?: (target: Target | undefined) => Promise<DialledLeg>;
  /** All addresses of a name; empty when it has none. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  /** Called once when the conversation has settled: what it passes on from then on is what a relay would. */
  readonly settled?: () => void;
  /** Called before a leg is told its last words. */
  readonly answers?: (leg: LegName) => void;
  /** Called for every write of a settled conversation. */
  readonly moved?: (to: LegName, bytes: number) => void;
}

/** Why a dialogue has paused: a leg has to become TLS, the relay may begin, or the connection ends without a relay (`idle`: TIMEOUTidle). */
export type Pause<T> =
  | { readonly kind: 'start-tls'; readonly leg: LegName }
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'over' }
  | { readonly kind: 'idle' };

/** Runs a conversation that has no TLS in it to its end; what it did not read is back in the legs. */
export async function runConversation<T>(conversation: Conversation<T>, options: DialogueOptions): Promise<T> {
  const pause = await new Dialogue(conversation, options).run();
  if (pause.kind !== 'done') throw new OvercoatError('internal', `a conversation without TLS stopped at ${pause.kind}`);
  return pause.value;
}

/** One conversation on its two legs. `run`, and at every `start-tls` hand the secured leg in with `secured` and `run` again. */
export class Dialogue<T> {
  readonly #conversation: Conversation<T>;
  readonly #options: DialogueOptions;
  readonly #legs: Record<LegName, LegReader>;
  #busyLeftMs: number;
  #settled = false;
  #answer: unknown;

  constructor(conversation: Conversation<T>, options: DialogueOptions) {
    this.#conversation = conversation;
    this.#options = options;
    this.#legs = { client: new LegReader(options.client), upstream: new LegReader(options.upstream) };
    this.#busyLeftMs = options.busyMs;
  }

  /**
   * Goes on until the next pause.
   * @throws OvercoatError `negotiation_failed`, `negotiation_injected`, `negotiation_timeout`, `destination_refused`, or what a
   *   dial failed with
   */
  async run(): Promise<Pause<T>> {
    try {
      return await this.#runToPause();
    } catch (cause) {
      if (cause === IDLE) return { kind: 'idle' };
      throw cause;
    }
  }

  /** The leg that had to become TLS is `secured` now, and its peer was accepted. */
  secured(name: LegName, secured: Leg, facts: TlsFacts): void {
    const { received } = this.#legs[name];
    this.#legs[name] = new LegReader(secured);
    this.#legs[name].received = received;
    this.#answer = facts;
  }

  async #runToPause(): Promise<Pause<T>> {
    for (;;) {
      const { done, value } = this.#conversation.next(this.#answer);
      if (done) {
        this.#legs.client.giveBack();
        this.#legs.upstream.giveBack();
        return { kind: 'done', value };
      }
      if (value.kind === 'start-tls') {
        await this.#startTls(value);
        return { kind: 'start-tls', leg: value.leg };
      }
      if (value.kind === 'farewell') {
        this.#options.answers?.(value.leg);
        await this.#farewell(value.leg, value.bytes);
        if (value.error !== undefined) throw value.error;
        return { kind: 'over' };
      }
      this.#answer = await this.#perform(value);
    }
  }

  #perform(step: Exclude<Step, { readonly kind: 'start-tls' | 'farewell' }>): unknown {
    switch (step.kind) {
      case 'read':
        return step.lenient ? this.#tryRead(step.leg, step.measure) : this.#read(step.leg, step.measure, step.ended);
      case 'unread':
        return this.#legs[step.leg].input.giveBack(step.bytes);
      case 'write':
        return this.#write(step.leg, step.bytes);
      case 'client-speaks-first':
        return this.#clientSpeaksFirst(step.withinMs);
      case 'resolve':
        return this.#options.resolve?.(step.host) ?? [];
      case 'dial':
        return this.#dial(step.target);
      case 'settled':
        this.#settled = true;
        return this.#options.settled?.();
    }
  }

  async #read(leg: LegName, measure: Measure, ended: string | undefined): Promise<Buffer> {
    const { input } = this.#legs[leg];
    for (;;) {
      const measured = measure(input.unread);
      if (measured.kind === 'whole') return input.take(measured.length);
      if (measured.kind === 'refused') throw failure(leg, `sent ${measured.why}`);
      if (this.#allowance(leg) === 0) throw failure(leg, `sent more than ${MAX_DIALOGUE_BYTES} bytes in the negotiation`);
      if (await this.#fill([leg])) continue;
      if (ended !== undefined) throw new OvercoatError('negotiation_failed', ended);
      throw failure(leg, 'ended the connection in the middle of the negotiation');
    }
  }

  async #tryRead(leg: LegName, measure: Measure): Promise<Buffer | undefined> {
    const { input } = this.#legs[leg];
    const other = this.#legs[leg === 'client' ? 'upstream' : 'client'];
    for (;;) {
      const measured = measure(input.unread);
      if (measured.kind === 'whole') return input.take(measured.length);
      if (measured.kind === 'refused' || this.#allowance(leg) === 0) return undefined;
      if (other.input.length > 0 || !(await this.#fill(['client', 'upstream']))) return undefined;
    }
  }

  async #clientSpeaksFirst(withinMs: number): Promise<boolean> {
    if (this.#legs.client.input.length > 0) return true;
    const silence = new Error('silence');
    try {
      if (!(await this.#fill(['client'], { limitMs: withinMs, expired: () => silence }))) throw failure('client', 'left at once');
      return true;
    } catch (cause) {
      if (cause === silence) return false;
      throw cause;
    }
  }

  async #dial(target: Target | undefined): Promise<DialOutcome> {
    if (this.#options.dial === undefined) throw new OvercoatError('internal', 'this conversation may not dial');
    try {
      const dialled = await this.#options.dial(target);
      this.#legs.upstream = new LegReader(dialled.leg);
      return { connected: true, local: dialled.local };
    } catch (cause) {
      if (cause instanceof OvercoatError) return { connected: false, error: cause };
      throw cause;
    }
  }

  async #startTls(step: Extract<Step, { readonly kind: 'start-tls' }>): Promise<void> {
    const leg = this.#legs[step.leg];
    if (step.direct) {
      leg.giveBack();
    } else if (leg.input.length > 0 || leg.untaken > 0) {
      throw new OvercoatError('negotiation_injected', `The ${step.leg} sent more in clear where TLS had to begin`);
    }
    if (step.goAhead !== undefined) await this.#write(step.leg, step.goAhead);
  }

  /** Resolves when the bytes are with the kernel: the TLS handshake that may follow writes past the leg's own queue. */
  #write(name: LegName, bytes: Buffer): Promise<void> {
    const { leg } = this.#legs[name];
    if (leg === undefined) return Promise.resolve();
    if (this.#settled) this.#options.moved?.(name, bytes.length);
    return this.#wait<void>(name, undefined, (done, fail) => {
      leg.write(bytes, (error) => (error ? fail(error) : done()));
      return () => undefined;
    });
  }

  /** Reads and drops what the leg sends meanwhile: a socket that is closed with unread bytes sends RST, and our last words may be lost. */
  async #farewell(name: LegName, bytes: Buffer): Promise<void> {
    const { leg } = this.#legs[name];
    if (leg === undefined) return;
    const wait = { on: name, limitMs: FAREWELL_MS, expired: () => new Error('farewell') };
    const ended = this.#options.waiter.wait<void>(wait, (done) => {
      const drop = (): void => {
        while (leg.take(MAX_DIALOGUE_BYTES) !== undefined);
        if (leg.ended) done();
      };
      leg.finish(bytes);
      const stop = leg.listen(drop);
      drop();
      return stop;
    });
    await ended.catch(() => undefined);
  }

  /** Takes what the legs have sent, and waits until there is some. @returns false when one of them has ended instead */
  async #fill(legs: readonly [LegName, ...LegName[]], limit?: Limit): Promise<boolean> {
    for (;;) {
      if (legs.filter((leg) => this.#legs[leg].take(this.#allowance(leg))).length > 0) return true;
      if (legs.some((leg) => this.#legs[leg].ended)) return false;
      await this.#wait<void>(legs[0], limit, (done) => {
        const stops = legs.map((leg) => this.#legs[leg].listen(done));
        return () => {
          for (const stop of stops) stop();
        };
      });
    }
  }

  /** How much more may be taken from a leg. */
  #allowance(leg: LegName): number {
    const { received, input } = this.#legs[leg];
    return MAX_DIALOGUE_BYTES - (this.#settled ? input.length : received);
  }

  /**
   * One wait within what is left of TIMEOUTbusy, or within TIMEOUTidle once settled. A settled conversation waits the way a relay
   * does, so its waits must not count as waits for the client, which TIMEOUTsetup bounds.
   */
  async #wait<V>(leg: LegName, limit: Limit | undefined, start: Start<V>): Promise<V> {
    const expired = (): OvercoatError => {
      const because = { kind: 'limit', limit: 'TIMEOUTbusy', ms: this.#options.busyMs, side: leg, said: undefined } as const;
      return new OvercoatError('negotiation_timeout', `TIMEOUTbusy exceeded while waiting for the ${leg}`, undefined, because);
    };
    const since = performance.now();
    try {
      if (this.#settled)
        return await this.#options.waiter.wait({ on: 'upstream', limitMs: this.#options.idleMs, expired: () => IDLE }, start);
      const wait = limit === undefined || limit.limitMs > this.#busyLeftMs ? { limitMs: Math.max(0, this.#busyLeftMs), expired } : limit;
      return await this.#options.waiter.wait({ on: leg, ...wait }, start);
    } finally {
      this.#busyLeftMs -= performance.now() - since;
    }
  }
}

interface Limit {
  readonly limitMs: number;
  readonly expired: () => Error;
}

function failure(leg: LegName, what: string): OvercoatError {
  return new OvercoatError('negotiation_failed', `The ${leg} ${what}`);
}
