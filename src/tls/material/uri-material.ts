/** Certificates that a provider keeps, by the URI in `cert` or `CAstore`. Of the URI only its kind is shown: the rest may hold a PIN. */
import { X509Certificate } from 'node:crypto';
import type { OvercoatError } from '../../errors.ts';
import { OpensslError } from '../../openssl/library/errors.ts';
import { certificatesOfUri } from '../../openssl/material/uri-store.ts';
import { isStartPath, readStartStore } from '../../start-files.ts';
import { materialError } from './material-file.ts';

/** Is it a URI that only a provider can open: `pkcs11:`, `handle:`? What has that very name on disk goes before: `web:8443.pem` is one to stunnel. */
export function isStoreUri(value: string): boolean {
  return looksLikeStore(value) && !isStartPath(value);
}

function looksLikeStore(value: string): boolean {
  const scheme = schemeOf(value);
  return scheme !== undefined && scheme !== 'file';
}

/** In lower case; undefined for a path. One letter is no scheme. */
function schemeOf(value: string): string | undefined {
  return /^([A-Za-z][A-Za-z0-9+.-]+):/.exec(value)?.[1]?.toLowerCase();
}

/** A value as it may be shown: a path, or the kind of what looks like a URI. */
export function shownUri(value: string): string {
  return looksLikeStore(value) ? `${schemeOf(value)}:...` : value;
}

/** Every certificate the URI names, as PEM. @throws OvercoatError `config_key_material` */
export function certificatesAt(option: 'cert' | 'CAstore', uri: string): readonly string[] {
  try {
    return readStartStore(uri, () => certificatesOfUri(uri).map((der) => new X509Certificate(der).toString()));
  } catch (error) {
    throw uriError(option, uri, 'no certificate can be read', error);
  }
}

/** With the library's reason, and without what it adds to it, where the PIN may be; so without the cause, too. */
export function uriError(option: string, uri: string, problem: string, error: unknown): OvercoatError {
  const reason = error instanceof OpensslError ? error.queue.map((one) => one.reason).find((text) => text !== '') : undefined;
  const fix = `is the provider for ${schemeOf(uri)}: URIs loaded (provider = ...), and is the PIN right?`;
  return materialError(option, shownUri(uri), `${problem}: ${reason ?? 'it failed'}; ${fix}`);
}
