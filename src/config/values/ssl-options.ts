/**
 * The names `options =` takes (OpenSSL's SSL_OP_ constants without that prefix) and their bits as OpenSSL 3 numbers them. Bits reach beyond 32, so they are BigInt until the end.
 */
import type { Parser } from './values.ts';
import { bad, good } from './values.ts';

const bit = (position: number): bigint => 1n << BigInt(position);

const NO_TLS = bit(25) | bit(26) | bit(27) | bit(28) | bit(29);

/** In alphabetical order; a value of 0 is a name that OpenSSL kept although it no longer does anything. */
export const SSL_OPTIONS: ReadonlyMap<string, bigint> = new Map([
  ['ALL', bit(31) | bit(11) | bit(4) | bit(6)],
  ['ALLOW_CLIENT_RENEGOTIATION', bit(8)],
  ['ALLOW_NO_DHE_KEX', bit(10)],
  ['ALLOW_UNSAFE_LEGACY_RENEGOTIATION', bit(18)],
  ['CIPHER_SERVER_PREFERENCE', bit(22)],
  ['CISCO_ANYCONNECT', bit(15)],
  ['CLEANSE_PLAINTEXT', bit(1)],
  ['COOKIE_EXCHANGE', bit(13)],
  ['CRYPTOPRO_TLSEXT_BUG', bit(31)],
  ['DISABLE_TLSEXT_CA_NAMES', bit(9)],
  ['DONT_INSERT_EMPTY_FRAGMENTS', bit(11)],
  ['ENABLE_KTLS', bit(3)],
  ['ENABLE_KTLS_TX_ZEROCOPY_SENDFILE', bit(34)],
  ['ENABLE_MIDDLEBOX_COMPAT', bit(20)],
  ['EPHEMERAL_RSA', 0n],
  ['IGNORE_UNEXPECTED_EOF', bit(7)],
  ['LEGACY_SERVER_CONNECT', bit(2)],
  ['MICROSOFT_BIG_SSLV3_BUFFER', 0n],
  ['MICROSOFT_SESS_ID_BUG', 0n],
  ['MSIE_SSLV2_RSA_PADDING', 0n],
  ['NETSCAPE_CA_DN_BUG', 0n],
  ['NETSCAPE_CHALLENGE_BUG', 0n],
  ['NETSCAPE_DEMO_CIPHER_CHANGE_BUG', 0n],
  ['NETSCAPE_REUSE_CIPHER_CHANGE_BUG', 0n],
  ['NO_ANTI_REPLAY', bit(24)],
  ['NO_COMPRESSION', bit(17)],
  ['NO_DTLS_MASK', bit(26) | bit(27)],
  ['NO_DTLSv1', bit(26)],
  ['NO_DTLSv1_2', bit(27)],
  ['NO_ENCRYPT_THEN_MAC', bit(19)],
  ['NO_EXTENDED_MASTER_SECRET', bit(0)],
  ['NO_QUERY_MTU', bit(12)],
  ['NO_RENEGOTIATION', bit(30)],
  ['NO_RX_CERTIFICATE_COMPRESSION', bit(33)],
  ['NO_SESSION_RESUMPTION_ON_RENEGOTIATION', bit(16)],
  ['NO_SSL_MASK', NO_TLS],
  ['NO_SSLv2', 0n],
  ['NO_SSLv3', bit(25)],
  ['NO_TICKET', bit(14)],
  ['NO_TLSv1', bit(26)],
  ['NO_TLSv1_1', bit(28)],
  ['NO_TLSv1_2', bit(27)],
  ['NO_TLSv1_3', bit(29)],
  ['NO_TX_CERTIFICATE_COMPRESSION', bit(32)],
  ['PKCS1_CHECK_1', 0n],
  ['PKCS1_CHECK_2', 0n],
  ['PREFER_NO_DHE_KEX', bit(35)],
  ['PRIORITIZE_CHACHA', bit(21)],
  ['SAFARI_ECDHE_ECDSA_BUG', bit(6)],
  ['SINGLE_DH_USE', 0n],
  ['SINGLE_ECDH_USE', 0n],
  ['SSLEAY_080_CLIENT_DH_BUG', 0n],
  ['SSLREF2_REUSE_CERT_TYPE_BUG', 0n],
  ['TLSEXT_PADDING', bit(4)],
  ['TLS_BLOCK_PADDING_BUG', 0n],
  ['TLS_D5_BUG', 0n],
  ['TLS_ROLLBACK_BUG', bit(23)],
]);

const BY_LOWER_CASE = new Map([...SSL_OPTIONS].map(([name, bits]) => [name.toLowerCase(), bits]));

export const CIPHER_SERVER_PREFERENCE: bigint = bit(22);
export const NO_RENEGOTIATION: bigint = bit(30);

/** Bits that weaken the connection; a FILE that sets one is warned, under --strict refused. */
export const UNSAFE_BITS: bigint = bit(0) | bit(2) | bit(8) | bit(18) | bit(19) | bit(24);

/** Bits switched on and off, in the order written: the last word about a bit counts. */
export interface BitChange {
  readonly set: bigint;
  readonly clear: bigint;
}

/** `NAME` sets, `-NAME` clears; any case. */
export const sslOption: Parser<BitChange> = (text) => {
  const clears = text.startsWith('-');
  const bits = BY_LOWER_CASE.get((clears ? text.slice(1) : text).toLowerCase());
  if (bits === undefined) return bad(`"${text}" is not a TLS option; \`overcoat-stunnel -options\` lists the names`, 'Illegal TLS option');
  return good(clears ? { set: 0n, clear: bits } : { set: bits, clear: 0n });
};
