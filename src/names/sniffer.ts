/**
 * Looks at a client's first bytes until some recogniser knows them, without touching a socket: the caller pushes what it read and
 * does what it is told. Everything that was pushed comes back in the end, so that nothing of the client is lost whatever was found.
 */
import type { Host } from '../address/host-name.ts';
import type { Answer, Exchange, FirstProtocol, Recogniser } from './recognition.ts';

export type SniffStep =
  /** Read on. `short`: the client may be waiting for its server, so wait no longer than for a first byte. */
  | { readonly kind: 'wait'; readonly short: boolean }
  /** Write this to the client, then read on. Comes at most once. */
  | { readonly kind: 'answer'; readonly bytes: Uint8Array }
  | { readonly kind: 'decided'; readonly sniffed: Sniffed };

export interface Sniffed {
  /** Undefined when no recogniser knew the bytes. */
  readonly protocol: FirstProtocol | undefined;
  readonly host: Host | undefined;
  /** Why there is no host, as a clause for the log; '' when there is one. */
  readonly why: string;
  readonly alpn: readonly string[];
  /** Everything the client sent, from its first byte. */
  readonly bytes: Uint8Array;
  /** What has to be repeated with the upstream before the rest of `bytes` follows; undefined: `bytes` is sent as it is. */
  readonly exchange: Exchange | undefined;
}

/** Most that is kept of a client; a single read may go beyond, and is kept as well. */
export const MAX_SNIFFED_BYTES = 65_536;
/** Bytes looked at altogether: so that a client that sends byte by byte cannot make us read for ever. */
const MAX_WORK = 64 * MAX_SNIFFED_BYTES;
const FIRST_CAPACITY = 4096;

interface Candidate {
  readonly recognise: Recogniser;
  /** The recogniser's answer cannot change before the client has sent this many bytes. */
  notBefore: number;
  mayBeWaiting: boolean;
}

export class Sniffer {
  #candidates: Candidate[];
  #buffer = Buffer.alloc(0);
  #length = 0;
  #answer: Answer | undefined;
  #work = 0;

  constructor(recognisers: readonly Recogniser[]) {
    this.#candidates = recognisers.map((recognise) => ({ recognise, notBefore: 1, mayBeWaiting: false }));
  }

  /** How many bytes the client has sent. */
  get received(): number {
    return this.#length;
  }

  /** @param chunk what was read; copied, so that the caller may reuse it */
  push(chunk: Uint8Array): SniffStep {
    this.#append(chunk);
    const bytes = this.#buffer.subarray(0, this.#length);
    for (const candidate of this.#candidates) {
      candidate.mayBeWaiting = false;
      if (bytes.length < candidate.notBefore) continue;
      this.#work += bytes.length;
      const recognition = candidate.recognise(bytes);
      if (recognition.kind === 'not-mine') {
        this.#candidates = this.#candidates.filter((other) => other !== candidate);
      } else if (recognition.kind === 'need-more') {
        candidate.notBefore = recognition.atLeast;
        candidate.mayBeWaiting = recognition.mayBeWaiting ?? false;
        if (recognition.answer !== undefined && this.#answer === undefined) {
          this.#answer = recognition.answer;
          this.#candidates = [candidate];
          return { kind: 'answer', bytes: recognition.answer.bytes };
        }
      } else if (recognition.kind === 'name') {
        return this.#decide({ ...recognition, why: '' });
      } else {
        return this.#decide({ ...recognition, host: undefined });
      }
    }
    if (this.#candidates.length === 0) return this.#giveUp('the client speaks no protocol that names its server');
    if (this.#length >= MAX_SNIFFED_BYTES || this.#work > MAX_WORK) return this.#giveUp('the client named no server in its first bytes');
    return { kind: 'wait', short: this.#candidates.every((candidate) => candidate.mayBeWaiting) };
  }

  /** The wait is over: its limit passed, or the client sent its end. */
  stop(why: string): SniffStep & { kind: 'decided' } {
    return this.#giveUp(why);
  }

  #append(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(FIRST_CAPACITY, 2 * this.#buffer.length, needed));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(chunk, this.#length);
    this.#length = needed;
  }

  #giveUp(why: string): SniffStep & { kind: 'decided' } {
    return this.#decide({ protocol: undefined, host: undefined, why, alpn: [] });
  }

  #decide(found: Omit<Sniffed, 'bytes' | 'exchange'>): SniffStep & { kind: 'decided' } {
    const { protocol, host, why, alpn } = found;
    const bytes = this.#buffer.subarray(0, this.#length);
    return { kind: 'decided', sniffed: { protocol, host, why, alpn, bytes, exchange: this.#answer?.exchange } };
  }
}
