/** What a server stapled to its handshake (status_request, RFC 6066 section 8): it arrives before the handshake has finished. */
import type { TLSSocket } from 'node:tls';

const staples = new WeakMap<TLSSocket, Buffer>();

/** Call with a new socket that asks for a staple. */
export function collectStaple(socket: TLSSocket): void {
  socket.once('OCSPResponse', (response: Buffer | null) => {
    if (response !== null && response.length > 0) staples.set(socket, response);
  });
}

/** The OCSP response that came along, DER; not looked at yet. */
export function stapleOf(socket: TLSSocket): Buffer | undefined {
  return staples.get(socket);
}
