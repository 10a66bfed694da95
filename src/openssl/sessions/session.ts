/** Sessions a client may resume: pointers into the library, nothing is serialized. Whoever keeps one frees it. */
import type { Pointer } from '../../native/binding.ts';
import { copyOf } from '../../native/binding.ts';
import { Handle } from '../library/handle.ts';
import { C } from '../library/library.ts';
import { Slot } from '../library/memory.ts';

export class Session extends Handle {
  readonly kind = 'session';

  /** @internal Takes over a reference. */
  constructor(pointer: Pointer) {
    super('session', pointer, 'SSL_SESSION', C.SSL_SESSION_free);
  }

  /** The same session once more, the caller's to free. */
  share(): Session {
    C.SSL_SESSION_up_ref(this.pointer);
    return new Session(this.pointer);
  }

  /** Milliseconds of the wall clock after which the peer need not take it. */
  get expires(): number {
    return expiryOf(this.pointer);
  }

  get resumable(): boolean {
    return C.SSL_SESSION_is_resumable(this.pointer) === 1;
  }

  protected destroy(pointer: Pointer): void {
    C.SSL_SESSION_free(pointer);
  }
}

/** @internal As `Session.expires`. */
export function expiryOf(session: Pointer): number {
  return 1000 * (C.SSL_SESSION_get_time(session) + C.SSL_SESSION_get_timeout(session));
}

const data = new Slot();
const length = new Slot();

/** @internal What a server has called the session, base64; undefined: nothing. It lies in the session's tickets too. */
export function nameOf(session: Pointer): string | undefined {
  data.pointer = null;
  length.pointer = null;
  if (C.SSL_SESSION_get0_ticket_appdata(session, data.at, length.at) !== 1 || length.uint === 0) return undefined;
  return Buffer.from(copyOf(data.pointer, length.uint)).toString('base64');
}
