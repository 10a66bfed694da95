/** What was agreed in a finished handshake, for the log and the record. */
import type { HandshakeFacts } from '../../observe/events.ts';
import type { Facts } from '../../openssl/facts.ts';

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

/** Groups go by the names stunnel prints; hybrid ones have no size of their own, and finite fields are called DH. */
function keyExchange(agreed: Facts): KeyExchange {
  const key = agreed.peerTemporaryKey;
  if (key === undefined) return NOTHING_KNOWN;
  const name = key.type === 'DH' ? 'DH' : agreed.group || key.type;
  return { group: GROUP_NAMES.get(name.toLowerCase()) ?? name, bits: name.includes('MLKEM') ? 0 : key.bits };
}

const GROUP_NAMES: ReadonlyMap<string, string> = new Map([
  ['secp256r1', 'P-256'],
  ['secp384r1', 'P-384'],
  ['secp521r1', 'P-521'],
  ['prime256v1', 'P-256'],
  ['x25519', 'X25519'],
  ['x448', 'X448'],
]);
