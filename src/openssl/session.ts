/** Sessions a client may resume: pointers into the library, nothing is serialized. Whoever keeps one frees it. */
import type { Pointer } from '../native/binding.ts';
import { Handle } from './handle.ts';
import { C } from './library.ts';

export class Session extends Handle {
  readonly kind = 'session';

  /** @internal Takes over a reference. */
  constructor(pointer: Pointer) {
    super('session', pointer, 'SSL_SESSION');
  }

  /** Milliseconds of the wall clock after which the peer need not take it. */
  get expires(): number {
    return 1000 * (C.SSL_SESSION_get_time(this.pointer) + C.SSL_SESSION_get_timeout(this.pointer));
  }

  get resumable(): boolean {
    return C.SSL_SESSION_is_resumable(this.pointer) === 1;
  }

  protected destroy(pointer: Pointer): void {
    C.SSL_SESSION_free(pointer);
  }
}
