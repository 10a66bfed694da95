/** What a finished handshake has shown of the peer, as the protocols want to know it. */
import type { ServiceConfig } from '../../config/config.ts';
import type { TlsFacts } from '../../protocols/conversation.ts';
import type { TlsLeg } from '../../tls/engine/engine.ts';

const COMMON_NAME = 'CN=';

export function tlsFactsOf(leg: TlsLeg, { verify }: ServiceConfig): TlsFacts {
  const { certificate, serverName, alpn } = leg;
  const { protocol, opensslCipher } = leg.facts();
  return {
    version: protocol,
    cipher: opensslCipher,
    serverName,
    alpn,
    peerName: certificate === undefined ? undefined : commonName(certificate.subject),
    peerVerified: certificate !== undefined && (verify.chain || verify.peer || verify.pins.length > 0),
  };
}

/** The last common name of a subject as the runtime prints it: one attribute a line. */
function commonName(subject: string): string {
  const line = subject.split('\n').findLast((text) => text.startsWith(COMMON_NAME));
  return line === undefined ? '' : line.slice(COMMON_NAME.length);
}
