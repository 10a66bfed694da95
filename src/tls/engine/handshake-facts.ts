/** What was agreed in a finished handshake, for the log and the record. */
import type { HandshakeFacts } from '../../observe/events.ts';
import type { Facts } from '../../openssl/context/facts.ts';

/** @param role ours */
export function handshakeFacts(agreed: Facts, role: 'client' | 'server'): HandshakeFacts {
  const { cipher, version, resumed } = agreed;
  // up to TLS 1.2 nothing is exchanged when a session is resumed
  const exchange = resumed && !agreed.isTls13 ? NOTHING_KNOWN : keyExchange(agreed);
  return {
    role,
    protocol: version,
    cipher: cipher.standardName,
    opensslCipher: cipher.name,
    bits: cipher.bits,
    group: exchange.group,
    groupBits: exchange.bits,
    resumed,
  };
}

/** Of a leg that is gone: nobody can be asked any more. */
export function unknownFacts(role: 'client' | 'server'): HandshakeFacts {
  return { role, protocol: 'unknown', cipher: '', opensslCipher: '', bits: 0, group: '', groupBits: 0, resumed: false };
}

interface KeyExchange {
  readonly group: string;
  readonly bits: number;
}

const NOTHING_KNOWN: KeyExchange = { group: '', bits: 0 };

/**
 * Groups go by the names stunnel prints, finite fields are called DH, and hybrid ones have no size of their own. The key itself is known
 * to whoever was sent it last, so the size of a group with a name is looked up.
 */
function keyExchange(agreed: Facts): KeyExchange {
  const named = agreed.group;
  const known = GROUPS.get(named.toLowerCase());
  if (known !== undefined) return known;
  const key = agreed.peerTemporaryKey;
  if (key === undefined || named.includes('MLKEM')) return { group: named, bits: 0 };
  return { group: named === '' || key.type === 'DH' ? key.type : named, bits: key.bits };
}

const GROUPS: ReadonlyMap<string, KeyExchange> = new Map([
  ['secp256r1', { group: 'P-256', bits: 256 }],
  ['prime256v1', { group: 'P-256', bits: 256 }],
  ['secp384r1', { group: 'P-384', bits: 384 }],
  ['secp521r1', { group: 'P-521', bits: 521 }],
  ['x25519', { group: 'X25519', bits: 253 }],
  ['x448', { group: 'X448', bits: 448 }],
]);
