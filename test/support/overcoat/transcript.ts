/**
 * Conversations as transcripts, without sockets: what each leg says and must hear, in order. The player answers the conversation's
 * steps from the script and fails where the conversation does anything else. It measures messages the way the driver does, so the
 * script's chunks may be cut anywhere.
 */
import assert from 'node:assert/strict';
import { FILE_SERVICE } from '../../../src/config/defaults.ts';
import { OvercoatError } from '../../../src/errors.ts';
import type { Conversation, DialOutcome, Step, Target, TlsFacts } from '../../../src/protocols/conversation.ts';
import { MAX_DIALOGUE_BYTES } from '../../../src/protocols/driver.ts';
import type { ConversationInput } from '../../../src/protocols/input.ts';
import type { LegName } from '../../../src/sockets/leg.ts';

type Bytes = string | readonly number[] | Buffer;

/** One line of a transcript. */
export type Line =
  | { readonly says: LegName; readonly bytes: Buffer }
  | { readonly hears: LegName; readonly bytes: Buffer }
  | { readonly tls: LegName; readonly facts: TlsFacts }
  | { readonly dials: string | undefined; readonly outcome: DialOutcome }
  | { readonly asks: string; readonly addresses: readonly string[] };

/** The leg sends this. Text is Latin-1 and gets no line end of its own. */
export const client = (bytes: Bytes): Line => ({ says: 'client', bytes: bufferOf(bytes) });
export const upstream = (bytes: Bytes): Line => ({ says: 'upstream', bytes: bufferOf(bytes) });
/** The leg must receive exactly this. */
export const toClient = (bytes: Bytes): Line => ({ hears: 'client', bytes: bufferOf(bytes) });
export const toUpstream = (bytes: Bytes): Line => ({ hears: 'upstream', bytes: bufferOf(bytes) });
/** The leg becomes TLS here. */
export const tls = (leg: LegName, facts: Partial<TlsFacts> = {}): Line => ({ tls: leg, facts: { ...PLAIN_FACTS, ...facts } });
/** The conversation dials; without a host the service's own upstream. */
export const dials = (host?: string, outcome: DialOutcome = { connected: true, local: { address: '192.0.2.9', port: 4321 } }): Line => ({
  dials: host,
  outcome,
});
export const asksDns = (name: string, addresses: readonly string[]): Line => ({ asks: name, addresses });

const PLAIN_FACTS: TlsFacts = {
  version: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  serverName: undefined,
  alpn: undefined,
  peerName: undefined,
  peerVerified: false,
};

export interface Played {
  /** How it ended; `waiting`: it wanted to read more than the script has. */
  readonly end: 'done' | 'over' | 'waiting' | OvercoatError;
  /** What was said to the conversation and not read by it. */
  readonly unread: Readonly<Record<LegName, string>>;
  readonly dialled: Target | undefined;
  /** Everything each leg heard. */
  readonly heard: Readonly<Record<LegName, string>>;
  /** The legs that became TLS, in order. */
  readonly secured: readonly LegName[];
}

/** Plays a transcript and checks that everything in it happened in this order. */
export function play(conversation: Conversation<unknown>, script: readonly Line[]): Played {
  const player = new Player(script);
  const played = player.run(conversation);
  player.checkFinished(played);
  return played;
}

/** What a leg says before it becomes TLS, and after. */
export type Said = Readonly<Record<LegName, readonly Buffer[]>>;

/**
 * What a conversation does with arbitrary input: everything a leg says before TLS is there from the start, everything after as soon as
 * the leg is TLS; names have one address, dials succeed. Nothing it does is checked, but that it ends.
 */
export function feed(conversation: Conversation<unknown>, said: Said): Played {
  const waiting = { client: [...said.client], upstream: [...said.upstream] };
  const input = { client: waiting.client.shift() ?? Buffer.alloc(0), upstream: waiting.upstream.shift() ?? Buffer.alloc(0) };
  const heard = { client: '', upstream: '' };
  const secured: LegName[] = [];
  let dialled: Target | undefined;
  const ended = (end: Played['end']): Played => ({
    end,
    unread: { client: input.client.toString('latin1'), upstream: input.upstream.toString('latin1') },
    dialled,
    heard,
    secured,
  });
  let answer: unknown;
  for (let steps = 0; steps < MAX_STEPS; steps += 1) {
    try {
      const { done, value } = conversation.next(answer);
      answer = undefined;
      if (done) return ended('done');
      if (value.kind === 'farewell') return ended(value.error ?? 'over');
      if (value.kind === 'write') heard[value.leg] += value.bytes.toString('latin1');
      if (value.kind === 'unread') input[value.leg] = Buffer.concat([value.bytes, input[value.leg]]);
      if (value.kind === 'client-speaks-first') answer = false;
      if (value.kind === 'resolve') answer = ['198.51.100.7'];
      if (value.kind === 'dial') {
        dialled = value.target;
        answer = { connected: true, local: undefined } satisfies DialOutcome;
      }
      if (value.kind === 'read') {
        const measured = value.measure(input[value.leg]);
        if (measured.kind === 'whole') {
          assert.ok(measured.length <= input[value.leg].length, 'a message lies within what there is');
          answer = Buffer.from(input[value.leg].subarray(0, measured.length));
          input[value.leg] = input[value.leg].subarray(measured.length);
        } else if (!value.lenient) return ended('waiting');
      }
      if (value.kind === 'start-tls') {
        if (!value.direct && input[value.leg].length > 0) return ended(new OvercoatError('negotiation_injected', value.leg));
        if (value.goAhead !== undefined) heard[value.leg] += value.goAhead.toString('latin1');
        secured.push(value.leg);
        input[value.leg] = waiting[value.leg].shift() ?? Buffer.alloc(0);
        answer = PLAIN_FACTS;
      }
    } catch (cause) {
      if (cause instanceof OvercoatError && cause.code !== 'internal') return ended(cause);
      throw cause;
    }
  }
  throw new Error(`the conversation did not end within ${MAX_STEPS} steps`);
}

/** More than any 64 KB of input can cause. */
const MAX_STEPS = 200_000;

class Player {
  readonly #script: Line[];
  readonly #input: Record<LegName, Buffer> = { client: Buffer.alloc(0), upstream: Buffer.alloc(0) };
  readonly #heard: Record<LegName, string> = { client: '', upstream: '' };
  readonly #secured: LegName[] = [];
  #dialled: Target | undefined;

  constructor(script: readonly Line[]) {
    this.#script = [...script];
  }

  run(conversation: Conversation<unknown>): Played {
    let answer: unknown;
    for (;;) {
      try {
        const { done, value } = conversation.next(answer);
        if (done) return this.#played('done');
        if (value.kind === 'farewell') {
          this.#hear(value.leg, value.bytes);
          return this.#played(value.error ?? 'over');
        }
        const result = this.#perform(value);
        if (result === WAITING) return this.#played('waiting');
        answer = result;
      } catch (cause) {
        if (cause instanceof OvercoatError) return this.#played(cause);
        throw cause;
      }
    }
  }

  checkFinished(played: Played): void {
    assert.deepEqual(this.#script.map(describe), [], `the transcript goes on; the conversation ended: ${endOf(played)}`);
  }

  #perform(step: Exclude<Step, { readonly kind: 'farewell' }>): unknown {
    switch (step.kind) {
      case 'read':
        return this.#read(step);
      case 'unread':
        this.#input[step.leg] = Buffer.concat([step.bytes, this.#input[step.leg]]);
        return undefined;
      case 'write':
        return this.#hear(step.leg, step.bytes);
      case 'client-speaks-first':
        this.#listen();
        return this.#input.client.length > 0;
      case 'resolve':
        return this.#resolve(step.host);
      case 'dial':
        return this.#dial(step.target);
      case 'start-tls':
        return this.#startTls(step);
      case 'settled':
        return undefined;
    }
  }

  #read({ leg, measure, lenient }: Extract<Step, { readonly kind: 'read' }>): unknown {
    const other = leg === 'client' ? 'upstream' : 'client';
    for (;;) {
      const input = this.#input[leg];
      assert.ok(input.length <= MAX_DIALOGUE_BYTES || lenient, 'the driver would never hold so much');
      const measured = measure(input);
      if (measured.kind === 'whole') {
        assert.ok(measured.length <= input.length, 'a message lies within what there is');
        this.#input[leg] = input.subarray(measured.length);
        return Buffer.from(input.subarray(0, measured.length));
      }
      if (measured.kind === 'refused') {
        if (lenient) return undefined;
        throw new OvercoatError('negotiation_failed', `The ${leg} sent ${measured.why}`);
      }
      if (lenient && this.#input[other].length > 0) return undefined;
      if (!this.#listen()) return lenient ? undefined : WAITING;
    }
  }

  /** Takes the next thing said from the script. */
  #listen(): boolean {
    const line = this.#script[0];
    if (line === undefined || !('says' in line)) return false;
    this.#script.shift();
    this.#input[line.says] = Buffer.concat([this.#input[line.says], line.bytes]);
    return true;
  }

  #hear(leg: LegName, bytes: Buffer): undefined {
    this.#heard[leg] += bytes.toString('latin1');
    let left = bytes.toString('latin1');
    while (left !== '') {
      const line = this.#script.shift();
      assert.ok(
        line !== undefined && 'hears' in line && line.hears === leg,
        `${leg} heard ${JSON.stringify(left)} instead of: ${describe(line)}`,
      );
      const expected = line.bytes.toString('latin1');
      const common = Math.min(left.length, expected.length);
      assert.equal(left.slice(0, common), expected.slice(0, common), `what the ${leg} hears`);
      left = left.slice(common);
      if (expected.length > common) this.#script.unshift({ hears: leg, bytes: line.bytes.subarray(common) });
    }
    return undefined;
  }

  #startTls(step: Extract<Step, { readonly kind: 'start-tls' }>): TlsFacts {
    if (!step.direct && this.#input[step.leg].length > 0) throw new OvercoatError('negotiation_injected', `The ${step.leg} sent more`);
    if (step.goAhead !== undefined) this.#hear(step.leg, step.goAhead);
    this.#secured.push(step.leg);
    const line = this.#script.shift();
    assert.ok(line !== undefined && 'tls' in line && line.tls === step.leg, `${step.leg} became TLS instead of: ${describe(line)}`);
    return line.facts;
  }

  #dial(target: Target | undefined): DialOutcome {
    this.#dialled = target;
    const line = this.#script.shift();
    assert.ok(line !== undefined && 'dials' in line, `dialled instead of: ${describe(line)}`);
    assert.equal(target?.host, line.dials, 'what was dialled');
    return line.outcome;
  }

  #resolve(host: string): readonly string[] {
    const line = this.#script.shift();
    assert.ok(line !== undefined && 'asks' in line, `asked DNS for ${host} instead of: ${describe(line)}`);
    assert.equal(host, line.asks);
    return line.addresses;
  }

  #played(end: Played['end']): Played {
    const unread = { client: this.#input.client.toString('latin1'), upstream: this.#input.upstream.toString('latin1') };
    return { end, unread, dialled: this.#dialled, heard: this.#heard, secured: this.#secured };
  }
}

const WAITING = Symbol('waiting');

/** The input of a conversation, without anything a service could set. */
export function input(changes: Partial<ConversationInput['config']> = {}, more: Partial<ConversationInput> = {}): ConversationInput {
  return {
    config: {
      ...FILE_SERVICE.protocol,
      cancelInClear: true,
      ...changes,
    },
    rules: { refuse: 'special', allow: [], isOwn: () => false },
    client: { address: '192.0.2.1', port: 40001 },
    local: { address: '198.51.100.1', port: 443 },
    originalDestination: () => ({ address: '203.0.113.5', port: 1935 }),
    ...more,
  };
}

/** The code a conversation failed with, or how else it ended. */
export function endOf(played: Played): string {
  return played.end instanceof OvercoatError ? `${played.end.code}: ${played.end.message}` : played.end;
}

function bufferOf(bytes: Bytes): Buffer {
  return typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes);
}

function describe(line: Line | undefined): string {
  if (line === undefined) return 'the end';
  if ('bytes' in line)
    return `${'says' in line ? `${line.says} says` : `${line.hears} hears`} ${JSON.stringify(line.bytes.toString('latin1'))}`;
  return JSON.stringify(line);
}
