/** Options that shape the TLS connection itself: versions, algorithms, library switches. */
import { last, list } from '../option.ts';
import { sslCommand } from '../values/ssl-commands.ts';
import { sslOption } from '../values/ssl-options.ts';
import { alpn, lowestVersion, providerName, providerParameter, tlsVersion } from '../values/tls-values.ts';
import { clearable, good, integer, text, yesNo } from '../values/values.ts';

const VERSIONS = 'all | TLSv1 | TLSv1.1 | TLSv1.2 | TLSv1.3';
const NO_SSLV3 = 'SSLv3 is refused; TLSv1 and TLSv1.1 need securityLevel = 0 besides';

export const TLS_OPTIONS = {
  alpn: last(alpn, {
    scope: 'service',
    value: 'NAME[,NAME...]',
    default: 'none',
    doc: 'Application protocols to offer (client mode) or to require (server mode) by ALPN.',
    status: 'works',
    ours: true,
  }),
  ciphers: last(text, {
    scope: 'service',
    value: 'OpenSSL cipher list',
    default: 'HIGH:!aNULL:!SSLv2:!DH:!kDHEPSK',
    doc: 'Ciphers for TLS 1.2 and older; an @SECLEVEL in the list counts more than securityLevel. The default has no DHE: leave out !DH for it.',
    status: 'works',
  }),
  ciphersuites: last(good, {
    scope: 'service',
    value: 'SUITE[:SUITE...]',
    default: 'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256',
    doc: 'Cipher suites for TLS 1.3.',
    status: 'works',
  }),
  config: list(sslCommand, {
    scope: 'service',
    value: 'COMMAND:PARAMETER',
    default: 'none',
    doc: 'Configuration command of OpenSSL, applied after the other options.',
    status: 'differs',
    note: 'every command of SSL_CONF_cmd(3) whose value is a text; those that name files, and VerifyMode, have options of their own here and are an error',
  }),
  curves: last(text, {
    scope: 'service',
    value: 'GROUP[:GROUP...]',
    default: '*X25519MLKEM768:*X25519:P-256:X448:P-521:P-384',
    doc: 'Key exchange groups in order of preference.',
    status: 'differs',
    note: 'the default begins with the post-quantum group X25519MLKEM768, which stunnel offers only when told to',
    aliases: ['curve'],
  }),
  fips: last(yesNo, {
    scope: 'global',
    value: 'yes | no',
    default: 'no',
    doc: "Use only the algorithms of OpenSSL's FIPS provider.",
    status: 'differs',
    note: 'works where the FIPS provider is installed and configured (docs/tuning.md), else it is an error; no leaves the system its will',
  }),
  keyLog: last(clearable, {
    scope: 'service',
    value: 'file',
    default: 'none',
    doc: 'Append the secrets of every connection to this file, so that Wireshark can read a capture. Whoever reads the file reads all that was sent: for debugging only.',
    status: 'works',
    ours: true,
    bytes: true,
  }),
  options: list(sslOption, {
    scope: 'service',
    value: '[-]NAME',
    default: 'NO_SSLv2, NO_SSLv3',
    doc: 'Switch of OpenSSL (SSL_OP_NAME) to set, with a minus to clear. May be repeated.',
    status: 'differs',
    note: 'IGNORE_UNEXPECTED_EOF cannot be cleared, since a cut stream is told from an ended one without it; SSLv2 and SSLv3 stay off whatever is written',
  }),
  provider: list(providerName, {
    scope: 'global',
    value: 'identifier',
    default: 'none',
    doc: 'Load an OpenSSL provider, beside the default one.',
    status: 'differs',
    note: 'the default one stays; with OVERCOAT_OPENSSL only fips, base, default and null',
  }),
  providerParameter: list(providerParameter, {
    scope: 'global',
    value: 'PROVIDER:NAME=VALUE',
    default: 'none',
    doc: 'Parameter of a provider, in force when it is loaded.',
    status: 'works',
    secret: true,
  }),
  renegotiation: last(yesNo, {
    scope: 'service',
    value: 'yes | no',
    default: 'yes',
    doc: 'TLS 1.2 and older: let peers renegotiate; clients only with options = ALLOW_CLIENT_RENEGOTIATION besides, as OpenSSL 3 wants it.',
    status: 'differs',
    note: 'no also counts in client mode, where a server that asks for it then sees a refusal',
  }),
  securityLevel: last(integer(0, 5, 'Illegal security level'), {
    scope: 'service',
    value: '0 to 5',
    default: '2',
    doc: 'What OpenSSL considers strong enough: key sizes, signature algorithms, versions.',
    status: 'works',
  }),
  sslVersion: last(tlsVersion, {
    scope: 'service',
    value: VERSIONS,
    default: 'none',
    doc: 'Sets sslVersionMin and sslVersionMax together.',
    status: 'differs',
    note: NO_SSLV3,
  }),
  sslVersionMax: last(tlsVersion, {
    scope: 'service',
    value: VERSIONS,
    default: 'TLSv1.3',
    doc: 'Newest version to speak.',
    status: 'differs',
    note: NO_SSLV3,
  }),
  sslVersionMin: last(lowestVersion, {
    scope: 'service',
    value: VERSIONS,
    default: 'TLSv1; TLSv1.2 in effect, because of securityLevel',
    doc: 'Oldest version to speak.',
    status: 'differs',
    note: 'SSLv3 stands for all; TLSv1 and TLSv1.1 need securityLevel = 0 besides',
  }),
};
