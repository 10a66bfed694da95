/** Small pieces of C memory that calls write their results to, and bytes handed to the library for a while. */
import type { Pointer } from '../../native/binding.ts';
import { copyOf, copyTo, viewOf } from '../../native/binding.ts';
import { allocate } from '../../sockets/system-calls.ts';
import { opensslError } from './errors.ts';
import { C } from './library.ts';

/** Room for one `T *` or one number: the address is given to C, the value is read afterwards. */
export class Slot {
  readonly at: Pointer = allocate(8);
  readonly #words = new BigUint64Array(viewOf(this.at, 8).buffer, 0, 1);

  get pointer(): Pointer | null {
    const value = this.#words[0] ?? 0n;
    return value === 0n ? null : value;
  }

  set pointer(value: Pointer | null) {
    this.#words[0] = value ?? 0n;
  }

  /** As an `unsigned int`. */
  get uint(): number {
    return Number((this.#words[0] ?? 0n) & 0xffffffffn);
  }
}

/** Runs `use` with a memory BIO over `bytes`. */
export function withBytes<T>(bytes: Uint8Array, use: (bio: Pointer) => T): T {
  const bio = C.BIO_new_mem_buf(bytes, bytes.length);
  if (bio === null) throw opensslError('BIO_new_mem_buf failed');
  try {
    return use(bio);
  } finally {
    C.BIO_free(bio);
  }
}

/** A copy that the library owns and frees. */
export function libraryCopy(bytes: Uint8Array): Pointer {
  const pointer = C.CRYPTO_malloc(bytes.length, '', 0);
  if (pointer === null) throw opensslError('out of memory');
  copyTo(pointer, bytes);
  return pointer;
}

const der = new Slot();

/** What an `i2d_` function writes. */
export function derOf(write: (object: Pointer, place: Pointer | null) => number, object: Pointer): Uint8Array<ArrayBuffer> {
  der.pointer = null;
  const length = write(object, der.at);
  if (length <= 0) throw opensslError('a structure could not be encoded');
  const bytes = copyOf(der.pointer, length);
  C.CRYPTO_free(der.pointer, '', 0);
  return bytes;
}

/** The pointers of a STACK_OF(...). */
export function membersOf(stack: Pointer | null): readonly Pointer[] {
  if (stack === null) return [];
  const members: Pointer[] = [];
  for (let index = 0; index < C.OPENSSL_sk_num(stack); index += 1) {
    const member = C.OPENSSL_sk_value(stack, index);
    if (member !== null) members.push(member);
  }
  return members;
}
