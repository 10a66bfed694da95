/** What was agreed in a finished handshake, for the log and the record. */
import type { TLSSocket } from 'node:tls';
import type { HandshakeFacts } from '../../observe/events.ts';

/** @param role ours: the key-exchange group is known to the client side only (Node has no way to ask it as a server) */
export function handshakeFacts(socket: TLSSocket, role: 'client' | 'server'): HandshakeFacts {
  const cipher = socket.getCipher();
  const protocol = socket.getProtocol() ?? 'unknown';
  const resumed = socket.isSessionReused();
  // up to TLS 1.2 nothing is exchanged when a session is resumed
  const exchange = role === 'client' && !(resumed && protocol !== 'TLSv1.3') ? keyExchange(socket) : NOTHING_KNOWN;
  return {
    role,
    protocol,
    cipher: cipher.standardName,
    opensslCipher: cipher.name,
    bits: cipherBits(cipher.standardName),
    group: exchange.group,
    groupBits: exchange.bits,
    resumed,
  };
}

interface KeyExchange {
  readonly group: string;
  readonly bits: number;
}

const NOTHING_KNOWN: KeyExchange = { group: '', bits: 0 };

/** NIST curves go by the names stunnel prints; hybrid groups have no size of their own. */
function keyExchange(socket: TLSSocket): KeyExchange {
  const info = socket.getEphemeralKeyInfo() as { readonly type?: string; readonly name?: string; readonly size?: number } | null;
  if (info?.type === undefined) return NOTHING_KNOWN;
  const name = info.name ?? info.type;
  return { group: CURVE_NAMES.get(name) ?? name, bits: info.size ?? 0 };
}

const CURVE_NAMES: ReadonlyMap<string, string> = new Map([
  ['prime256v1', 'P-256'],
  ['secp384r1', 'P-384'],
  ['secp521r1', 'P-521'],
]);

/** Key bits from the IANA name: the number after the algorithm, 256 for ChaCha20. */
function cipherBits(standardName: string): number {
  const parts = standardName.split('_');
  if (parts.includes('CHACHA20')) return 256;
  if (parts.includes('3DES')) return 112;
  const bits = parts.map(Number).find((number) => number === 128 || number === 256);
  return bits ?? 0;
}
