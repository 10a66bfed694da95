/** Our own certificate, its key, and the chain above it, as a context takes them. */
import type { Pointer } from '../../native/binding.ts';
import { opensslError } from '../library/errors.ts';
import { Handle } from '../library/handle.ts';
import { C } from '../library/library.ts';
import { membersOf, Slot, withBytes } from '../library/memory.ts';
import { Certificate } from './certificate.ts';
import { keyOfUri } from './uri-store.ts';

/** Where PKCS12_parse writes what it finds. */
const [key, certificate, chain] = [new Slot(), new Slot(), new Slot()];

class PrivateKey extends Handle {
  readonly kind = 'key';

  constructor(pointer: Pointer | null, made: string) {
    super('key', pointer, made, C.EVP_PKEY_free);
  }

  protected destroy(pointer: Pointer): void {
    C.EVP_PKEY_free(pointer);
  }
}

export class Identity {
  readonly certificate: Certificate;
  readonly key: PrivateKey;
  readonly chain: readonly Certificate[];

  private constructor(certificate: Certificate, key: PrivateKey, chain: readonly Certificate[]) {
    this.certificate = certificate;
    this.key = key;
    this.chain = chain;
  }

  /**
   * @param certificates PEM texts, the leaf first
   * @param key a PEM text; @param passphrase for an encrypted one; nobody is ever asked on a terminal
   * @throws OpensslError
   */
  static fromPem(certificates: readonly string[], key: string, passphrase = ''): Identity {
    const [leaf, ...chain] = certificates.map((pem) => Certificate.fromPem(pem));
    if (leaf === undefined) throw new Error('an identity needs a certificate');
    const pointer = withBytes(Buffer.from(key), (bio) => C.PEM_read_bio_PrivateKey(bio, null, null, passphrase));
    return new Identity(leaf, new PrivateKey(pointer, 'reading the private key'), chain);
  }

  /**
   * The key stays where it is: what is signed with it is asked of the provider that knows the URI.
   * @param uri of a store (OSSL_STORE_open(3)), such as `pkcs11:`; nobody is asked for its PIN, which stands in it or in the provider's
   *   parameters
   * @throws OpensslError
   */
  static fromStore(certificates: readonly string[], uri: string): Identity {
    const pointer = keyOfUri(uri); // before anything else is made
    const [leaf, ...chain] = certificates.map((pem) => Certificate.fromPem(pem));
    if (leaf === undefined) throw new Error('an identity needs a certificate');
    return new Identity(leaf, new PrivateKey(pointer, 'reading the private key'), chain);
  }

  /** @throws OpensslError; its queue has `mac verify failure` where the passphrase is wrong */
  static fromPkcs12(container: Uint8Array, passphrase = ''): Identity {
    const parsed = withBytes(container, (bio) => C.d2i_PKCS12_bio(bio, null));
    if (parsed === null) throw opensslError('reading a PKCS#12 container');
    for (const slot of [key, certificate, chain]) slot.pointer = null;
    const result = C.PKCS12_parse(parsed, passphrase, key.at, certificate.at, chain.at);
    C.PKCS12_free(parsed);
    if (result !== 1) throw opensslError('opening a PKCS#12 container');
    const above = membersOf(chain.pointer).map((pointer) => new Certificate(pointer, 'PKCS12_parse'));
    if (chain.pointer !== null) C.OPENSSL_sk_free(chain.pointer);
    return new Identity(new Certificate(certificate.pointer, 'PKCS12_parse'), new PrivateKey(key.pointer, 'PKCS12_parse'), above);
  }

  free(): void {
    for (const handle of [this.certificate, this.key, ...this.chain]) handle.free();
  }
}
