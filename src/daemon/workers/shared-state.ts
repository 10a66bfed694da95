/** What the supervisor and its workers have in one piece of shared memory, and where in it. */
import { sharedCountLength } from '../../connection/accept/shared-count.ts';
import { sourceTableLength } from '../../connection/access/source-table.ts';
import { DIALLED_SOCKETS_LENGTH } from '../../connection/dial/dialled-sockets.ts';

export interface SharedState {
  /** One number: that of the next connection. */
  readonly connectionIds: BigUint64Array<ArrayBuffer>;
  /** For events that belong to no service, and for the end of a worker whose supervisor has died. */
  readonly settings: SharedSettings;
  /** How many connections each worker has, and how many there may be (`SharedCount`). */
  readonly counts: Int32Array;
  /** The sockets all workers have dialled (`DialledSockets`). */
  readonly dialled: Int32Array;
  /** What each source of clients has (`SourceTable`). */
  readonly sources: Int32Array;
}

/** What a reload changes for workers besides their services. */
export class SharedSettings {
  static readonly LENGTH = 4;
  readonly #numbers: Int32Array;

  constructor(numbers: Int32Array) {
    this.#numbers = numbers;
  }

  get logLevel(): number {
    return Atomics.load(this.#numbers, 0);
  }

  set logLevel(level: number) {
    Atomics.store(this.#numbers, 0, level);
  }

  /** What was set by hand for everything; undefined: as configured. */
  get levelByHand(): number | undefined {
    const level = Atomics.load(this.#numbers, 2) - 1;
    return level < 0 ? undefined : level;
  }

  set levelByHand(level: number | undefined) {
    Atomics.store(this.#numbers, 2, level === undefined ? 0 : level + 1);
  }

  /** Whether somebody besides the log follows what happens (`observe/followed.ts`). */
  get followed(): boolean {
    return Atomics.load(this.#numbers, 3) === 1;
  }

  set followed(followed: boolean) {
    Atomics.store(this.#numbers, 3, followed ? 1 : 0);
  }

  get drainMs(): number {
    return Atomics.load(this.#numbers, 1);
  }

  set drainMs(ms: number) {
    Atomics.store(this.#numbers, 1, Math.min(ms, 2 ** 31 - 1));
  }
}

const IDS_BYTES = BigUint64Array.BYTES_PER_ELEMENT;

/** @param workers how many there may be at the same time, those that are just ending and the spare included */
export function sharedStateBytes(workers: number): number {
  const numbers = SharedSettings.LENGTH + sharedCountLength(workers) + DIALLED_SOCKETS_LENGTH + sourceTableLength(workers);
  return IDS_BYTES + Int32Array.BYTES_PER_ELEMENT * numbers;
}

/** @param memory `sharedStateBytes` of them, the same ones in every process */
export function sharedState(memory: ArrayBuffer, workers: number): SharedState {
  let at = IDS_BYTES;
  const next = (length: number): Int32Array => {
    const numbers = new Int32Array(memory, at, length);
    at += numbers.byteLength;
    return numbers;
  };
  return {
    connectionIds: new BigUint64Array(memory, 0, 1),
    settings: new SharedSettings(next(SharedSettings.LENGTH)),
    counts: next(sharedCountLength(workers)),
    dialled: next(DIALLED_SOCKETS_LENGTH),
    sources: next(sourceTableLength(workers)),
  };
}
