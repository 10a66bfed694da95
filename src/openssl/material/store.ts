/** The trust anchors a chain is verified against (X509_STORE); revocation lists are the verdict's (docs/decisions/engine.md). Made once for a service, shared by its contexts. */
import type { Pointer } from '../../native/binding.ts';
import { Handle } from '../library/handle.ts';
import { C } from '../library/library.ts';
import { Certificate } from './certificate.ts';

const X509_V_FLAG_X509_STRICT = 0x20;
const X509_V_FLAG_PARTIAL_CHAIN = 0x80000;

export interface StoreOptions {
  /** Trust anchors, one PEM text each; one that is damaged is left out, as OpenSSL's own loaders do. */
  readonly anchors: readonly string[];
  /** RFC 5280 to the letter (X509_V_FLAG_X509_STRICT); an anchor needs no key usage. */
  readonly strict?: boolean;
  /** An intermediate among the anchors is enough. */
  readonly partialChain?: boolean;
}

export class Store extends Handle {
  readonly kind = 'store';
  readonly strict: boolean;

  constructor({ anchors, strict = false, partialChain = false }: StoreOptions) {
    super('store', C.X509_STORE_new(), 'X509_STORE_new', C.X509_STORE_free);
    this.strict = strict;
    for (const pem of anchors) addAnchor(this.pointer, pem);
    const flags = (strict ? X509_V_FLAG_X509_STRICT : 0) | (partialChain ? X509_V_FLAG_PARTIAL_CHAIN : 0);
    if (flags !== 0) C.X509_STORE_set_flags(this.pointer, flags);
    C.ERR_clear_error();
  }

  protected destroy(pointer: Pointer): void {
    C.X509_STORE_free(pointer);
  }
}

function addAnchor(store: Pointer, pem: string): void {
  let certificate: Certificate;
  try {
    certificate = Certificate.fromPem(pem);
  } catch {
    return;
  }
  C.X509_STORE_add_cert(store, certificate.pointer);
  certificate.free();
}
