/** The only place that looks at OpenSSL's codes and texts: a failed handshake becomes a code of ours and a text for the log. */
import type { TLSSocket } from 'node:tls';
import type { ErrorCode } from '../errors.ts';
import type { HandshakeFacts } from '../observe/events.ts';

/** What `SSL_connect: TEXT` and `SSL_accept: TEXT` say about an error of a TLS socket, and the code that goes with it. */
export function describeTlsFailure(error: unknown): { readonly code: ErrorCode; readonly text: string } {
  return { code: 'handshake_failed', text: error instanceof Error ? error.message : String(error) };
}

/** The facts of a finished handshake. */
export function handshakeFacts(socket: TLSSocket, role: 'client' | 'server'): HandshakeFacts {
  const cipher = socket.getCipher();
  return {
    role,
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: cipher.standardName,
    bits: 0,
    group: '',
    groupBits: 0,
    resumed: socket.isSessionReused(),
  };
}
