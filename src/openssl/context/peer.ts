/** The two moments in which a peer is judged: inside the handshake, with its chain at hand, and after one that showed no certificate. */
import type { Pointer } from '../../native/binding.ts';
import { C } from '../library/library.ts';
import { certificateDer, certificatesDer } from '../material/certificate.ts';
import type { Facts } from './facts.ts';
import type { ChainResult, Peer } from './verdict.ts';

/** @internal From within the verify callback. */
export class FreshPeer implements Peer {
  readonly certificate: Uint8Array | undefined;
  readonly resumed = false;
  readonly psk = false;
  readonly formerError = 0;
  readonly version: string;
  #chain: Pointer | undefined;

  constructor(chain: Pointer, facts: Facts) {
    this.#chain = chain;
    this.version = facts.version;
    const leaf = C.X509_STORE_CTX_get0_cert(chain);
    this.certificate = leaf === null ? undefined : certificateDer(leaf);
  }

  get sent(): readonly Uint8Array[] {
    return certificatesDer(C.X509_STORE_CTX_get0_untrusted(this.#atHand()));
  }

  verify(): ChainResult {
    const chain = this.#atHand();
    const good = C.X509_verify_cert(chain) === 1;
    const error = C.X509_STORE_CTX_get_error(chain);
    const blamed = good ? null : C.X509_STORE_CTX_get_current_cert(chain);
    const result = {
      error: good ? 0 : error || UNSPECIFIED,
      text: C.X509_verify_cert_error_string(error) ?? '',
      depth: C.X509_STORE_CTX_get_error_depth(chain),
      blamed: blamed === null ? undefined : certificateDer(blamed),
      chain: certificatesDer(C.X509_STORE_CTX_get0_chain(chain)),
    };
    C.ERR_clear_error(); // a chain that is not good has left its reasons there, and they are not the handshake's
    return result;
  }

  /** The library takes it back. */
  over(): void {
    this.#chain = undefined;
  }

  #atHand(): Pointer {
    if (this.#chain === undefined) throw new Error('a chain was asked for after the verdict on it was due');
    return this.#chain;
  }
}

const UNSPECIFIED = 1;

/** @internal After a handshake in which nobody was asked. */
export class KnownPeer implements Peer {
  readonly resumed: boolean;
  readonly psk: boolean;
  readonly version: string;
  readonly #facts: Facts;

  constructor(facts: Facts, psk: boolean) {
    this.#facts = facts;
    this.psk = psk;
    this.resumed = facts.resumed && !psk;
    this.version = facts.version;
  }

  get certificate(): Uint8Array | undefined {
    return this.#facts.certificate;
  }

  get sent(): readonly Uint8Array[] {
    return this.#facts.sentChain;
  }

  get formerError(): number {
    return this.resumed ? this.#facts.verifyResult : 0;
  }

  verify(): undefined {
    return undefined;
  }
}
