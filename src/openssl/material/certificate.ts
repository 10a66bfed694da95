/** X.509 certificates of OpenSSL's. What is judged is their DER; a handle is kept only where a call wants one. */
import type { Pointer } from '../../native/binding.ts';
import { addressOf } from '../../native/binding.ts';
import { Handle } from '../library/handle.ts';
import { C } from '../library/library.ts';
import { derOf, membersOf, Slot, withBytes } from '../library/memory.ts';

export class Certificate extends Handle {
  readonly kind = 'certificate';

  /** Takes over a reference. */
  constructor(pointer: Pointer | null, made: string) {
    super('certificate', pointer, made, C.X509_free);
  }

  /** Also a `TRUSTED CERTIFICATE`, with the uses it says. @throws OpensslError */
  static fromPem(pem: string): Certificate {
    return withBytes(Buffer.from(pem), (bio) => new Certificate(C.PEM_read_bio_X509_AUX(bio, null, null, null), 'reading a certificate'));
  }

  /** @throws OpensslError */
  static fromDer(der: Uint8Array): Certificate {
    source.pointer = addressOf(der);
    return new Certificate(C.d2i_X509(null, source.at, der.length), 'reading a certificate');
  }

  get der(): Uint8Array<ArrayBuffer> {
    return certificateDer(this.pointer);
  }

  protected destroy(pointer: Pointer): void {
    C.X509_free(pointer);
  }
}

/** Where d2i finds, and moves on, the address of the bytes. */
const source = new Slot();

/** @internal The DER of an X509 that somebody else owns. */
export function certificateDer(pointer: Pointer): Uint8Array<ArrayBuffer> {
  return derOf(C.i2d_X509, pointer);
}

/** @internal The DER of each member of a STACK_OF(X509) that somebody else owns. */
export function certificatesDer(stack: Pointer | null): readonly Uint8Array<ArrayBuffer>[] {
  return membersOf(stack).map(certificateDer);
}
