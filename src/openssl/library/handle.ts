/**
 * Ownership of what OpenSSL gives us by pointer. A handle is freed once, by its owner; whoever asks a freed one for its pointer gets an
 * exception instead of a number that may by now be somebody else's. No pointer leaves `src/openssl/`.
 */
import type { Pointer } from '../../native/binding.ts';
import { opensslError } from './errors.ts';

/** Handles alive, by kind: a test asks whether any was left. */
const alive = new Map<string, number>();

/** How many objects of a kind (`context`, `connection`, ...) this process has and has not freed. */
export function handlesAlive(kind: string): number {
  return alive.get(kind) ?? 0;
}

/** What its owner has dropped without a word, with a service that a reload has replaced, is freed when the collector finds it. */
const dropped = new FinalizationRegistry<{ readonly kind: string; readonly pointer: Pointer; readonly free: (pointer: Pointer) => void }>(
  ({ kind, pointer, free }) => {
    alive.set(kind, handlesAlive(kind) - 1);
    free(pointer);
  },
);

export abstract class Handle {
  abstract readonly kind: string;
  #pointer: Pointer | undefined;
  readonly #mayBeDropped: boolean;

  /**
   * @param pointer null: the call that should have made it has failed, which is thrown as OpensslError with `made` for a name
   * @param dropWith frees what is behind a handle that nobody holds any more; undefined: only its owner ends it
   */
  constructor(kind: string, pointer: Pointer | null, made: string, dropWith?: (pointer: Pointer) => void) {
    if (pointer === null) throw opensslError(`${made} failed`);
    this.#pointer = pointer;
    alive.set(kind, handlesAlive(kind) + 1);
    this.#mayBeDropped = dropWith !== undefined;
    if (dropWith !== undefined) dropped.register(this, { kind, pointer, free: dropWith }, this);
  }

  /** @throws Error when it has been freed */
  get pointer(): Pointer {
    if (this.#pointer === undefined) throw new Error(`a freed ${this.kind} was used`);
    return this.#pointer;
  }

  get freed(): boolean {
    return this.#pointer === undefined;
  }

  /** Safe to call twice. */
  free(): void {
    const pointer = this.#pointer;
    if (pointer === undefined) return;
    this.#pointer = undefined;
    if (this.#mayBeDropped) dropped.unregister(this);
    alive.set(this.kind, handlesAlive(this.kind) - 1);
    this.destroy(pointer);
  }

  protected abstract destroy(pointer: Pointer): void;
}
