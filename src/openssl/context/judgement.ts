/**
 * Our own record of what was decided about a peer. OpenSSL's "handshake done" is never enough: without a verdict here there is none, so
 * whatever was not asked inside the handshake (a resumed session, a pre-shared key, no certificate) is asked at its end.
 */
import type { Peer, Verdict } from './verdict.ts';
import { VERIFY_ERRORS } from './verdict.ts';

type Given = Verdict | Promise<Verdict>;
type Continuation = (staple: Uint8Array | undefined) => Given;

export class Judgement {
  readonly #judge: (peer: Peer) => Given;
  /** The stapled response as far as it has come; `later`: it is still to come. */
  readonly #staple: () => Uint8Array | undefined | 'later';
  readonly #decided: () => void;
  /** Why there is no answer but a refusal. */
  thrown: Error | undefined;
  #asked = false;
  #continuation: Continuation | undefined;
  #verdict: Verdict | undefined;

  /** @param decided called when a verdict has come that was not there at once */
  constructor(judge: (peer: Peer) => Given, staple: () => Uint8Array | undefined | 'later', decided: () => void) {
    this.#judge = judge;
    this.#staple = staple;
    this.#decided = decided;
  }

  /** undefined: not asked yet, waiting, or accepted as far as can be said before the staple. */
  get verdict(): Verdict | undefined {
    return this.#verdict;
  }

  /** Asked, and the answer takes time. */
  get waits(): boolean {
    return this.#asked && this.#verdict === undefined && this.#continuation === undefined;
  }

  /** Asks about the peer; nothing happens where that was done. */
  ask(peer: Peer): void {
    if (this.#asked) return;
    this.#asked = true;
    this.#call(() => this.#judge(peer));
  }

  /** The staple has come, or will not. */
  stapleKnown(staple: Uint8Array | undefined): void {
    const continuation = this.#continuation;
    if (continuation === undefined) return;
    this.#continuation = undefined;
    this.#call(() => continuation(staple));
  }

  /** Whatever goes wrong refuses. */
  #call(ask: () => Given, late = false): void {
    try {
      this.#take(ask(), late);
    } catch (error) {
      this.#broken(error, late);
    }
  }

  #broken(error: unknown, late: boolean): void {
    this.thrown = error instanceof Error ? error : new Error(String(error));
    this.#decide({ accepted: false, error: VERIFY_ERRORS.APPLICATION_VERIFICATION }, late);
  }

  #take(given: Given, late: boolean): void {
    if (given instanceof Promise) {
      given.then(
        (verdict) => this.#call(() => verdict, true),
        (error: unknown) => this.#broken(error, true),
      );
      return;
    }
    if (given?.accepted !== true && given?.accepted !== false) throw new TypeError('a verdict is neither yes nor no');
    if (!given.accepted || given.status === undefined) {
      this.#decide(given, late);
      return;
    }
    const staple = this.#staple();
    const { status } = given;
    if (staple !== 'later') this.#call(() => status(staple), late);
    else {
      this.#continuation = status;
      if (late) this.#decided();
    }
  }

  #decide(verdict: Verdict, late: boolean): void {
    this.#verdict = verdict;
    if (late) this.#decided();
  }
}
