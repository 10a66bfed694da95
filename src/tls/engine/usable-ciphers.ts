/**
 * Is any cipher of a list left when OpenSSL has dropped what the security level, the versions, the key and the callbacks forbid? It
 * says so only in a handshake, so one is begun in memory, up to the first answer. Only TLS 1.2 and older are asked about: the suites
 * of TLS 1.3 are a list of their own.
 */
import type { Duplex } from 'node:stream';
import { duplexPair } from 'node:stream';
import { connect } from 'node:tls';
import { NodeLeg } from '../../sockets/node-leg.ts';
import type { HandshakeOrder, HandshakeOutcome, TlsEndpoint } from './engine.ts';

/** Resolves with false when no handshake of TLS 1.2 or older can have a cipher; never rejects. @param mode of the endpoint */
export async function hasUsableCipher(endpoint: TlsEndpoint, mode: 'client' | 'server'): Promise<boolean> {
  const [near, far] = duplexPair();
  try {
    return await (mode === 'server' ? findsCipher(near, far, endpoint) : offersCipher(near, far, endpoint));
  } finally {
    near.destroy();
    far.destroy();
  }
}

/** Content type of a record, RFC 8446 section 5.1. */
const HANDSHAKE = 22;

/** RFC 8446 section 4.1.2: what a ClientHello has before its cipher suites: record and message header, version, random. */
const BEFORE_SESSION_ID = 5 + 4 + 2 + 32;

/** Suites that are none: TLS 1.3 (0x13xx), the renegotiation and fallback signals (RFC 5746, RFC 7507). */
const isOldCipher = (suite: number): boolean => suite >> 8 !== 0x13 && suite !== 0x00ff && suite !== 0x5600;

/** Nobody is judged: the handshake is given up before. */
const ORDER: HandshakeOrder = {
  serverName: undefined,
  destination: '',
  alpn: [],
  judge: () => ({ accepted: false, events: [], message: '' }),
};

function offersCipher(near: Duplex, far: Duplex, client: TlsEndpoint): Promise<boolean> {
  return new Promise((resolve) => {
    far.once('data', (record: Buffer) => resolve(suitesOf(record).some(isOldCipher)));
    client.handshake(
      new NodeLeg(near),
      ORDER,
      outcome(() => resolve(false)),
    );
  });
}

/** Whatever else becomes of the handshake is nobody's business. */
function outcome(fail: (cause: Error) => void): HandshakeOutcome {
  return { took: (leg) => leg.onFailed(() => undefined), done: () => undefined, fail };
}

/** Of a record that is no handshake (an alert instead of a hello): none. */
function suitesOf(hello: Buffer): readonly number[] {
  if (hello[0] !== HANDSHAKE) return [];
  const at = BEFORE_SESSION_ID + 1 + hello.readUInt8(BEFORE_SESSION_ID);
  return Array.from({ length: hello.readUInt16BE(at) / 2 }, (_, index) => hello.readUInt16BE(at + 2 + 2 * index));
}

/** A client that takes everything gets an answer, or the alert that nothing is shared. */
function findsCipher(near: Duplex, far: Duplex, server: TlsEndpoint): Promise<boolean> {
  return new Promise((resolve) => {
    const failed = (cause: Error): void => resolve((cause as NodeJS.ErrnoException).code !== 'ERR_SSL_NO_SHARED_CIPHER');
    server.handshake(new NodeLeg(far), ORDER, outcome(failed));
    const everything = { ciphers: 'ALL:COMPLEMENTOFALL:@SECLEVEL=0', minVersion: 'TLSv1', maxVersion: 'TLSv1.2' } as const;
    const psk = { identity: '', psk: Buffer.alloc(16) };
    const client = connect({ ...everything, socket: near, rejectUnauthorized: false, pskCallback: () => psk });
    client.once('secureConnect', () => resolve(true)).once('error', () => setImmediate(() => resolve(true)));
    client.on('error', () => undefined);
  });
}
