/**
 * Pre-shared keys in handshakes. Whether one was used has to be worked out, because Node does not say: up to TLS 1.2 the cipher's name
 * tells, in TLS 1.3 such a handshake looks resumed.
 */
import type { PSKCallbackNegotation, TLSSocket } from 'node:tls';
import type { PskKeys } from '../material/psk.ts';

/** For `tls.connect`. */
export function pskOfClient(keys: PskKeys): () => PSKCallbackNegotation {
  const psk = keys.byIdentity.get(keys.identity) as Buffer;
  return () => ({ psk, identity: keys.identity });
}

/** Sockets whose client named an identity we have a key for. Whether the key was used, the finished handshake tells. */
const named = new WeakSet<TLSSocket>();

/** For `tls.createServer`. An unknown identity gets no key: the handshake goes on with certificates, or fails. */
export function pskOfServer(keys: PskKeys): (socket: TLSSocket, identity: string) => Buffer | null {
  return (socket, identity) => {
    const key = keys.byIdentity.get(identity);
    if (key !== undefined) named.add(socket);
    return key ?? null;
  };
}

/** Tells `authenticatedByPsk` that this socket of ours offered a pre-shared key and no session. */
export function markPskOffered(socket: TLSSocket): void {
  named.add(socket);
}

/** Was the finished handshake authenticated by a pre-shared key instead of certificates? */
export function authenticatedByPsk(socket: TLSSocket): boolean {
  if (socket.getProtocol() !== 'TLSv1.3') return socket.getCipher().standardName.split('_').includes('PSK');
  return named.has(socket) && socket.isSessionReused();
}
