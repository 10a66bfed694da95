/** A client that speaks TLS already, as one of the protocols that are told from first bytes (see src/names/recognition.ts). */
import { parseHost } from '../../address/host-name.ts';
import type { Recogniser } from '../../names/recognition.ts';
import { NOT_MINE, needMore } from '../../names/recognition.ts';
import { readClientHello } from '../../tls/hello/client-hello.ts';

export const recogniseTls: Recogniser = (bytes) => {
  const hello = readClientHello(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  switch (hello.kind) {
    case 'need-more':
      return needMore(bytes);
    case 'not-tls':
      return NOT_MINE;
    case 'no-server-name':
      return { kind: 'no-name', protocol: 'tls', why: 'the client speaks TLS and names no server', alpn: hello.alpn };
    case 'found': {
      const host = parseHost(hello.serverName);
      if (host !== undefined) return { kind: 'name', protocol: 'tls', host, alpn: hello.alpn };
      return { kind: 'no-name', protocol: 'tls', why: 'the client speaks TLS and its server name is none', alpn: hello.alpn };
    }
  }
};
