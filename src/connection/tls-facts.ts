/** What a finished handshake has shown of the peer, as the protocols want to know it. */
import type tls from 'node:tls';
import type { ServiceConfig } from '../config/config.ts';
import type { TlsFacts } from '../protocols/conversation.ts';

const COMMON_NAME = 'CN=';

export function tlsFactsOf(socket: tls.TLSSocket, { verify, mode }: ServiceConfig): TlsFacts {
  const certificate = socket.getPeerX509Certificate();
  // In server mode the runtime tells what the client sent, or false.
  const serverName: unknown = (socket as { readonly servername?: unknown }).servername;
  return {
    version: socket.getProtocol() ?? '',
    cipher: socket.getCipher().name,
    serverName: mode === 'server' && typeof serverName === 'string' ? serverName : undefined,
    alpn: typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : undefined,
    peerName: certificate === undefined ? undefined : commonName(certificate.subject),
    peerVerified: certificate !== undefined && (verify.chain || verify.peer || verify.pins.length > 0),
  };
}

/** The last common name of a subject as the runtime prints it: one attribute a line. */
function commonName(subject: string): string {
  const line = subject.split('\n').findLast((text) => text.startsWith(COMMON_NAME));
  return line === undefined ? '' : line.slice(COMMON_NAME.length);
}
