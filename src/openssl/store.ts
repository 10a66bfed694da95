/** What a chain is verified against: trust anchors and revocation lists (X509_STORE). Made once for a service, shared by its contexts. */
import type { Pointer } from '../native/binding.ts';
import { Certificate } from './certificate.ts';
import { opensslError } from './errors.ts';
import { Handle } from './handle.ts';
import { C } from './library.ts';
import { withBytes } from './memory.ts';

const X509_V_FLAG_CRL_CHECK = 0x4;
const X509_V_FLAG_CRL_CHECK_ALL = 0x8;
const X509_V_FLAG_X509_STRICT = 0x20;
const X509_V_FLAG_PARTIAL_CHAIN = 0x80000;

export interface StoreOptions {
  /** Trust anchors, one PEM text each; one that is damaged is left out, as OpenSSL's own loaders do. */
  readonly anchors: readonly string[];
  /** Revocation lists in DER. */
  readonly revocationLists?: readonly Uint8Array[];
  /** Which certificates are looked up in them: undefined none, the leaf, or all of the chain. */
  readonly crlCheck?: 'leaf' | 'chain' | undefined;
  /** RFC 5280 to the letter (X509_V_FLAG_X509_STRICT); an anchor needs no key usage. */
  readonly strict?: boolean;
  /** An intermediate among the anchors is enough. */
  readonly partialChain?: boolean;
}

export class Store extends Handle {
  readonly kind = 'store';
  readonly strict: boolean;

  /** @throws OpensslError for a revocation list that cannot be read */
  constructor({ anchors, revocationLists = [], crlCheck, strict = false, partialChain = false }: StoreOptions) {
    super('store', C.X509_STORE_new(), 'X509_STORE_new', C.X509_STORE_free);
    this.strict = strict;
    for (const pem of anchors) addAnchor(this.pointer, pem);
    for (const list of revocationLists) addList(this.pointer, list);
    const flags =
      (crlCheck === undefined ? 0 : X509_V_FLAG_CRL_CHECK) |
      (crlCheck === 'chain' ? X509_V_FLAG_CRL_CHECK_ALL : 0) |
      (strict ? X509_V_FLAG_X509_STRICT : 0) |
      (partialChain ? X509_V_FLAG_PARTIAL_CHAIN : 0);
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
    certificate = Certificate.fromTrustedPem(pem);
  } catch {
    return;
  }
  C.X509_STORE_add_cert(store, certificate.pointer);
  certificate.free();
}

function addList(store: Pointer, der: Uint8Array): void {
  const list = withBytes(der, (bio) => C.d2i_X509_CRL_bio(bio, null));
  if (list === null) throw opensslError('reading a revocation list');
  const added = C.X509_STORE_add_crl(store, list);
  C.X509_CRL_free(list);
  if (added !== 1) throw opensslError('X509_STORE_add_crl');
}
