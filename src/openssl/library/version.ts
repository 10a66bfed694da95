/** Which OpenSSL it is, and what it lacks. */
import { C } from './library.ts';

/** It is not the runtime's own. */
export function isForeign(): boolean {
  return (process.env['OVERCOAT_OPENSSL'] ?? '') !== '';
}

/** `OpenSSL 3.5.8 ...`, for the start of the log. */
export function opensslVersion(): string {
  return C.OpenSSL_version(0) ?? 'OpenSSL of an unknown version';
}

/** ML-KEM, and groups with a star in a list (SSL_CTX_set1_groups_list(3)). */
export function hasHybridGroups(): boolean {
  return C.OpenSSL_version_num() >= 0x30500000;
}

/** What this library lacks and a reader of the log may miss; empty for the runtime's own. */
export function missingFeatures(): readonly string[] {
  return [
    ...(C.SSL_get0_group_name === undefined ? ['the name of the key-exchange group of every handshake (OpenSSL 3.2)'] : []),
    ...(C.OSSL_PROVIDER_try_load_ex === undefined ? ['parameters of providers (OpenSSL 3.2)'] : []),
    ...(hasHybridGroups() ? [] : ['post-quantum key exchange with ML-KEM (OpenSSL 3.5)']),
  ];
}
