/** Key parameters in PEM: Diffie-Hellman groups (PKCS#3 and X9.42). */
import { C } from '../library/library.ts';
import { withBytes } from '../library/memory.ts';

/** The size of the group; undefined for what cannot be read. */
export function parameterBits(pem: string): number | undefined {
  const parameters = withBytes(Buffer.from(pem), (bio) => C.PEM_read_bio_Parameters(bio, null));
  C.ERR_clear_error();
  if (parameters === null) return undefined;
  const bits = C.EVP_PKEY_get_bits(parameters);
  C.EVP_PKEY_free(parameters);
  return bits;
}
