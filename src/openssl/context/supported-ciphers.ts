/** What is left of a cipher list for a connection of a context. */

import { opensslError } from '../library/errors.ts';
import { C } from '../library/library.ts';
import { membersOf } from '../library/memory.ts';
import type { Context } from './context.ts';

export interface SupportedCipher {
  /** Of TLS 1.2 or older. */
  readonly old: boolean;
  /** By which kind of key a server authenticates itself with it: `rsa`, `ecdsa`, `dss`, `psk`, `none`; '' for another one or any. */
  readonly authentication: string;
}

/** obj_mac.h. */
const KX_ANY = 1063;
const AUTHENTICATION: ReadonlyMap<number, string> = new Map([
  [1046, 'rsa'],
  [1047, 'ecdsa'],
  [1048, 'psk'],
  [1049, 'dss'],
  [1053, 'none'],
]);

/** As SSL_get1_supported_ciphers(3) tells it for clients. @throws OpensslError */
export function supportedCiphers(context: Context): readonly SupportedCipher[] {
  const ssl = C.SSL_new(context.pointer);
  if (ssl === null) throw opensslError('SSL_new failed');
  const stack = C.SSL_get1_supported_ciphers(ssl);
  const ciphers = membersOf(stack).map((cipher) => ({
    old: C.SSL_CIPHER_get_kx_nid(cipher) !== KX_ANY,
    authentication: AUTHENTICATION.get(C.SSL_CIPHER_get_auth_nid(cipher)) ?? '',
  }));
  if (stack !== null) C.OPENSSL_sk_free(stack);
  C.SSL_free(ssl);
  C.ERR_clear_error();
  return ciphers;
}
