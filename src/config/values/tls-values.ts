/** Values that decide a TLS connection: versions, pins, key files, ALPN names. Lists of algorithms are judged by OpenSSL itself. */
import type { ServiceConfig } from '../config.ts';
import type { OcspFlag, Pin, TlsVersion } from '../tls-config.ts';
import type { Parser } from './values.ts';
import { bad, decimal, good, LONGEST_WAIT_MS, oneOf } from './values.ts';

const VERSIONS: ReadonlyMap<string, TlsVersion> = new Map([
  ['tlsv1', 'TLSv1'],
  ['tlsv1.1', 'TLSv1.1'],
  ['tlsv1.2', 'TLSv1.2'],
  ['tlsv1.3', 'TLSv1.3'],
]);

/** From the oldest to the newest; the index compares. */
export const TLS_VERSIONS: readonly TlsVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

/** undefined stands for `all`: no bound of the user's. */
export const tlsVersion: Parser<TlsVersion | undefined> = (text) => {
  const word = text.toLowerCase();
  if (word === 'all') return good(undefined);
  const version = VERSIONS.get(word);
  if (version !== undefined) return good(version);
  if (word === 'sslv3') return bad('SSLv3 is broken and not in the runtime; write TLSv1.2 or TLSv1.3', 'Invalid protocol version');
  return bad(`"${text}" is not a TLS version; write all, TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3`, 'Invalid protocol version');
};

/** The same of `sslVersionMin`: SSLv3 as the lowest bound is no bound where there is none below TLS 1.0. */
export const lowestVersion: Parser<TlsVersion | undefined> = (text) =>
  text.toLowerCase() === 'sslv3' ? good(undefined) : tlsVersion(text);

/** `sha256:BASE64` of a public key (43 characters and perhaps one `=`), or a file that holds a certificate or public key. */
export const pin: Parser<Pin> = (text) => {
  const prefix = ['sha256//', 'sha256:'].find((each) => text.startsWith(each));
  if (prefix === undefined) return text === '' ? bad('write sha256:BASE64 or the name of a file') : good({ kind: 'file', path: text });
  const written = text.slice(prefix.length);
  if (!/^[A-Za-z0-9+/]{43}=?$/.test(written)) {
    return bad(`"${text}" is not a pin; after sha256: stand the 44 characters of base64 that \`overcoat pin HOST:PORT\` prints`);
  }
  return good({ kind: 'sha256', digest: Buffer.from(written, 'base64').toString('base64') });
};

/** When renewed files are taken: by `watch`, every so many seconds, or `no`. */
export const renewalWatch: Parser<ServiceConfig['reloadCerts']> = (text) => {
  const seconds = decimal(text);
  if (seconds === undefined) return renewalWord(text);
  if (seconds === 0) return bad('0 seconds is no rhythm; write watch, no, or at least 1');
  return good({ everyMs: Math.min(seconds * 1000, LONGEST_WAIT_MS) });
};

const renewalWord = oneOf<ServiceConfig['reloadCerts']>({ watch: 'watch', no: 'no' });

/** ALPN names (RFC 7301) with commas between: 1 to 255 bytes each. */
export const alpn: Parser<readonly string[]> = (text) => {
  const names = text.split(',').map((name) => name.trim());
  const wrong = names.find((name) => name === '' || Buffer.byteLength(name) > 255);
  return wrong === undefined ? good(names) : bad('an ALPN name has 1 to 255 bytes; write them with commas between, like h2,http/1.1');
};

const OCSP_FLAGS: readonly OcspFlag[] = [
  'NOCERTS',
  'NOINTERN',
  'NOSIGS',
  'NOCHAIN',
  'NOVERIFY',
  'NOEXPLICIT',
  'NOCASIGN',
  'NODELEGATED',
  'NOCHECKS',
  'TRUSTOTHER',
  'RESPID_KEY',
  'NOTIME',
];

export const ocspFlag: Parser<OcspFlag> = (text) => {
  const flag = OCSP_FLAGS.find((name) => name === text.toUpperCase());
  return flag === undefined ? bad(`"${text}" is not an OCSP flag; write one of ${OCSP_FLAGS.join(', ')}`, 'Illegal OCSP flag') : good(flag);
};

/** A module's file is looked for by it, in one folder: no path. */
export const providerName: Parser<string> = (text) =>
  text !== '' && [...text].every((char) => NAME_CHARACTERS.includes(char.toLowerCase()))
    ? good(text)
    : bad(`"${text}" is not the name of a provider; write one like legacy or fips`);

const NAME_CHARACTERS = 'abcdefghijklmnopqrstuvwxyz0123456789_-';

/** `PROVIDER:NAME=VALUE`; the value may be a secret, so nothing of it is repeated. */
export const providerParameter: Parser<{ readonly provider: string; readonly name: string; readonly value: string }> = (text) => {
  const colon = text.indexOf(':');
  const equals = text.indexOf('=', colon + 1);
  if (colon < 1 || equals < colon + 2 || text.includes('\0')) return bad('write PROVIDER:NAME=VALUE');
  return good({ provider: text.slice(0, colon).trim(), name: text.slice(colon + 1, equals).trim(), value: text.slice(equals + 1).trim() });
};

/** An http: URL, which is the only scheme responders are asked by. */
export const httpUrl: Parser<string> = (text) => {
  const url = URL.parse(text);
  return url?.protocol === 'http:' ? good(url.href) : bad(`"${text}" is not an http URL; responders are asked by http only`);
};

/**
 * The responder of `OCSP`: an http URL, whose scheme may be missing, as in OpenSSL. stunnel starts with anything else too and refuses
 * every peer it would ask about: that stays as it is written.
 */
export const responderUrl: Parser<string> = (text) => {
  const url = httpUrl(text.includes('://') ? text : `http://${text}`);
  return url.ok ? url : good(text);
};

/** A URI as it stands in a certificate, or one with `/*` at its end. */
export const peerUri: Parser<string> = (text) => {
  const whole = text.endsWith('/*') ? text.slice(0, -1) : text;
  if (URL.parse(whole) === null || whole.includes('*') || /[\s\u0080-\uffff]/u.test(whole))
    return bad(`"${text}" is not a URI; write one like spiffe://example.org/service, or spiffe://example.org/* for all below`);
  return good(text);
};
