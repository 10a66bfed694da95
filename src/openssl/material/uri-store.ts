/** What a provider keeps, by its URI (OSSL_STORE_open(3)): keys that stay where they are, and certificates. Nobody is ever asked for a PIN. */
import type { Pointer } from '../../native/binding.ts';
import { opensslError } from '../library/errors.ts';
import { C } from '../library/library.ts';
import { certificateDer } from './certificate.ts';

/** OSSL_STORE_INFO_ types. */
const [KEY, CERTIFICATE] = [4, 5];
/** A store may hold many objects, or say for ever that there are more. */
const MAX_OBJECTS = 1000;

/** The first private key; the caller owns it. @throws OpensslError */
export function keyOfUri(uri: string): Pointer {
  let key: Pointer | null = null;
  eachObject(uri, KEY, (object) => {
    key = C.OSSL_STORE_INFO_get1_PKEY(object);
    return key === null;
  });
  if (key === null) throw opensslError('the store has no such private key');
  return key;
}

/** DER, in the order of the store. @throws OpensslError where there is none, or no provider knows the URI */
export function certificatesOfUri(uri: string): readonly Uint8Array<ArrayBuffer>[] {
  const certificates: Uint8Array<ArrayBuffer>[] = [];
  eachObject(uri, CERTIFICATE, (object) => {
    const certificate = C.OSSL_STORE_INFO_get1_CERT(object);
    if (certificate === null) return true;
    try {
      certificates.push(certificateDer(certificate));
    } finally {
      C.X509_free(certificate);
    }
    return true;
  });
  if (certificates.length === 0) throw opensslError('the store has no such certificate');
  return certificates;
}

/** @param use false ends it; the object is freed afterwards */
function eachObject(uri: string, expected: number, use: (object: Pointer) => boolean): void {
  C.ERR_clear_error();
  const store = C.OSSL_STORE_open(uri, null, null, null, null);
  if (store === null) throw opensslError('no provider knows this kind of URI');
  try {
    C.OSSL_STORE_expect(store, expected);
    for (let count = 0; count < MAX_OBJECTS && C.OSSL_STORE_eof(store) === 0; count += 1) {
      const object = C.OSSL_STORE_load(store);
      if (object === null) continue; // of another kind, or damaged
      try {
        if (!use(object)) return;
      } finally {
        C.OSSL_STORE_INFO_free(object);
      }
    }
  } finally {
    C.OSSL_STORE_close(store);
  }
}
