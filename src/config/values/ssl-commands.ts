/**
 * `config = COMMAND:PARAMETER`, stunnel's door to OpenSSL's SSL_CONF_cmd(3). The commands whose effect the runtime can have are
 * mapped to what the other TLS options say; any other is a mistake, named as such.
 */
import type { TlsVersion } from '../config.ts';
import type { BitChange } from './ssl-options.ts';
import type { Parser, Value } from './values.ts';
import { bad, good } from './values.ts';

export type SslCommand =
  /** undefined: no bound of its own. */
  | { readonly kind: 'min-version'; readonly version: TlsVersion | undefined }
  | { readonly kind: 'max-version'; readonly version: TlsVersion | undefined }
  | { readonly kind: 'groups'; readonly list: string }
  | { readonly kind: 'ciphers'; readonly list: string }
  | { readonly kind: 'ciphersuites'; readonly list: string }
  | { readonly kind: 'signature-algorithms'; readonly list: string }
  | { readonly kind: 'options'; readonly change: BitChange };

const NAMES = 'MinProtocol, MaxProtocol, Groups, Curves, CipherString, Ciphersuites, SignatureAlgorithms, Options';

const VERSIONS: ReadonlyMap<string, TlsVersion | undefined> = new Map([
  ['none', undefined],
  ['tlsv1', 'TLSv1'],
  ['tlsv1.1', 'TLSv1.1'],
  ['tlsv1.2', 'TLSv1.2'],
  ['tlsv1.3', 'TLSv1.3'],
]);

/** SSL_CONF_cmd(3), `Options`: the name, its bit, and true where naming it clears the bit. */
const OPTION_WORDS: ReadonlyMap<string, readonly [position: number, clears: boolean]> = new Map([
  ['sessionticket', [14, true]],
  ['compression', [17, true]],
  ['emptyfragments', [11, true]],
  ['bugs', [6, false]],
  ['serverpreference', [22, false]],
  ['noresumptiononrenegotiation', [16, false]],
  ['noencryptthenmac', [19, false]],
  ['encryptthenmac', [19, true]],
  ['extendedmastersecret', [0, true]],
  ['unsafelegacyrenegotiation', [18, false]],
  ['unsafelegacyserverconnect', [2, false]],
  ['clientrenegotiation', [8, false]],
  ['norenegotiation', [30, false]],
  ['allownodhekex', [10, false]],
  ['prefernodhekex', [35, false]],
  ['prioritizechacha', [21, false]],
  ['middleboxcompat', [20, false]],
  ['antireplay', [24, true]],
  ['canames', [9, true]],
  ['ktls', [3, false]],
  ['txcertificatecompression', [32, true]],
  ['rxcertificatecompression', [33, true]],
]);

/** The command's name is taken in any case, as SSL_CONF_cmd does for files. */
export const sslCommand: Parser<SslCommand> = (text) => {
  const colon = text.indexOf(':');
  const name = (colon < 0 ? text : text.slice(0, colon)).trim();
  const parameter = colon < 0 ? '' : text.slice(colon + 1).trim();
  const known = COMMANDS.get(name.toLowerCase());
  if (known === undefined) {
    const reason = `OpenSSL config command "${name}" was not recognised\nFailed to initialize TLS context`;
    return bad(`the command "${name}" cannot be carried out; available are ${NAMES}`, reason);
  }
  if (parameter === '') {
    const reason = `OpenSSL config command "${name}" requires a parameter\nFailed to initialize TLS context`;
    return bad(`the command "${name}" needs a parameter; write config = ${name}:PARAMETER`, reason);
  }
  return known(parameter);
};

const COMMANDS: ReadonlyMap<string, (parameter: string) => Value<SslCommand>> = new Map<string, (parameter: string) => Value<SslCommand>>([
  ['minprotocol', (parameter) => version('min-version', parameter)],
  ['maxprotocol', (parameter) => version('max-version', parameter)],
  ['groups', (list) => good({ kind: 'groups', list })],
  ['curves', (list) => good({ kind: 'groups', list })],
  ['cipherstring', (list) => good({ kind: 'ciphers', list })],
  ['ciphersuites', (list) => good({ kind: 'ciphersuites', list })],
  ['signaturealgorithms', (list) => good({ kind: 'signature-algorithms', list })],
  ['options', options],
]);

function version(kind: 'min-version' | 'max-version', parameter: string): Value<SslCommand> {
  const word = parameter.toLowerCase();
  if (VERSIONS.has(word)) return good({ kind, version: VERSIONS.get(word) });
  return bad(`"${parameter}" is not a version the runtime has; write TLSv1.2 or TLSv1.3`, 'Failed to initialize TLS context');
}

/** `-SessionTicket,ServerPreference`: `-` turns the meaning round, `+` or nothing leaves it. */
function options(parameter: string): Value<SslCommand> {
  let set = 0n;
  let clear = 0n;
  for (const piece of parameter.split(',')) {
    const word = piece.trim();
    const known = OPTION_WORDS.get((word.startsWith('-') || word.startsWith('+') ? word.slice(1) : word).toLowerCase());
    if (known === undefined) return bad(`"${word}" is not an option of SSL_CONF_cmd(3)`, 'Failed to initialize TLS context');
    const bits = 1n << BigInt(known[0]);
    const clears = known[1] !== word.startsWith('-');
    set = clears ? set & ~bits : set | bits;
    clear = clears ? clear | bits : clear & ~bits;
  }
  return good({ kind: 'options', change: { set, clear } });
}
