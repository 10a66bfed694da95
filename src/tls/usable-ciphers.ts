/**
 * Is any cipher of a list left when OpenSSL has dropped what the security level, the versions, the key and the callbacks forbid? It
 * says so only in a handshake, so one is begun in memory, up to the first answer. Only TLS 1.2 and older are asked about: the suites
 * of TLS 1.3 are a list of their own.
 */
import type { Duplex } from 'node:stream';
import { duplexPair } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import type { ServiceTls } from './service-tls.ts';

/** Resolves with false when no handshake of TLS 1.2 or older can have a cipher; never rejects. */
export async function hasUsableCipher({ server, connectOptions }: Pick<ServiceTls, 'server' | 'connectOptions'>): Promise<boolean> {
  const [near, far] = duplexPair();
  try {
    return await (server === undefined ? offersCipher(near, far, connectOptions) : findsCipher(near, far, server));
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

function offersCipher(near: Duplex, far: Duplex, options: ServiceTls['connectOptions']): Promise<boolean> {
  return new Promise((resolve) => {
    far.once('data', (record: Buffer) => resolve(suitesOf(record).some(isOldCipher)));
    quiet(connect({ ...options, socket: near })).once('error', () => resolve(false));
  });
}

/** Of a record that is no handshake (an alert instead of a hello): none. */
function suitesOf(hello: Buffer): readonly number[] {
  if (hello[0] !== HANDSHAKE) return [];
  const at = BEFORE_SESSION_ID + 1 + hello.readUInt8(BEFORE_SESSION_ID);
  return Array.from({ length: hello.readUInt16BE(at) / 2 }, (_, index) => hello.readUInt16BE(at + 2 + 2 * index));
}

/** A client that takes everything gets an answer, or the alert that nothing is shared. */
function findsCipher(near: Duplex, far: Duplex, server: NonNullable<ServiceTls['server']>): Promise<boolean> {
  return new Promise((resolve) => {
    const onError = (error: NodeJS.ErrnoException): void => resolve(error.code !== 'ERR_SSL_NO_SHARED_CIPHER');
    server.once('tlsClientError', onError);
    const done = (): void => {
      server.off('tlsClientError', onError);
      resolve(true);
    };
    server.emit('connection', far);
    const everything = { ciphers: 'ALL:COMPLEMENTOFALL:@SECLEVEL=0', minVersion: 'TLSv1', maxVersion: 'TLSv1.2' } as const;
    const psk = { identity: '', psk: Buffer.alloc(16) };
    const client = connect({ ...everything, socket: near, rejectUnauthorized: false, pskCallback: () => psk });
    quiet(client)
      .once('secureConnect', done)
      .once('error', () => setImmediate(done));
  });
}

/** Whatever else becomes of the handshake is nobody's business. */
function quiet(socket: TLSSocket): TLSSocket {
  return socket.on('error', () => undefined);
}
