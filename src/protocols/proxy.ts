/** The two conversations of the PROXY protocol: sending a header to the upstream (`protocol = proxy`), and taking one (`proxyAccept`). */
import { OvercoatError } from '../errors.ts';
import type { Conversation } from './conversation.ts';
import { dialUpstream, read, startTls, write } from './conversation.ts';
import type { ConversationInput } from './input.ts';
import type { ProxyHeader } from './proxy-header.ts';
import { encodeProxyHeader, measureProxyHeader, parseProxyHeader } from './proxy-header.ts';

/** stunnel's `protocol = proxy`: version 1, before the first byte to the upstream, once the client was accepted. */
export function* proxyServer({ client, local }: ConversationInput): Conversation {
  const tls = yield* startTls('client');
  yield* dialUpstream();
  yield* write('upstream', encodeProxyHeader('v1', { source: client, destination: local, tls }));
}

/** Reads the header that a listed source has to send before everything else. */
export function* acceptProxyHeader(): Conversation<ProxyHeader> {
  const header = parseProxyHeader(yield* read('client', measureProxyHeader));
  if (header === undefined) throw new OvercoatError('proxy_header', 'The client sent a malformed PROXY header');
  return header;
}
