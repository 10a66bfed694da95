/**
 * XMPP (RFC 6120) with STARTTLS (section 5), client side. The stream starts over once TLS is up (section 5.4.3.3), so the negotiation
 * in clear is a stream of our own, and the client's header waits for the secure one: its `from` never crosses the wire in clear.
 */
import type { Conversation } from './conversation.ts';
import { failed, quoted, read, settled, startTls, tryRead, write } from './conversation.ts';
import type { ConversationInput } from './input.ts';
import { MAX_ANSWER_BYTES } from './offers.ts';
import type { Tag } from './xml-tags.ts';
import { attribute, measureElement, measureStreamHeader, tagsOf } from './xml-tags.ts';

const TLS_NAMESPACE = 'urn:ietf:params:xml:ns:xmpp-tls';
const MAX_HEADER_BYTES = 4096;

export function* xmppClient({ config }: ConversationInput): Conversation {
  const header = yield* read('client', measureStreamHeader(MAX_HEADER_BYTES));
  const opening = tagsOf(header.toString('latin1')).at(-1);
  const to = config.host === undefined ? opening && attribute(opening, 'to') : escaped(config.host);
  if (opening === undefined || to === undefined)
    throw failed('The client did not say which domain it wants (`to`), and protocolHost is not set');

  yield* write('upstream', streamHeader(to, attribute(opening, 'xmlns') === 'jabber:server' ? 'jabber:server' : 'jabber:client'));
  yield* read('upstream', measureStreamHeader(MAX_HEADER_BYTES));
  const features = yield* readElement('stream:features', 'the stream header');
  if (!features.some(isStartTls)) throw failed('The upstream does not offer STARTTLS');
  yield* write('upstream', `<starttls xmlns='${TLS_NAMESPACE}'/>`);
  const [answer] = yield* readElement('proceed', 'STARTTLS');
  if (answer === undefined || attribute(answer, 'xmlns') !== TLS_NAMESPACE)
    throw failed('The upstream answered STARTTLS in a strange namespace');

  yield* startTls('upstream');
  yield* settled();
  yield* write('upstream', header);
  const secureHeader = yield* tryRead('upstream', measureStreamHeader(MAX_HEADER_BYTES));
  if (secureHeader === undefined) return;
  yield* write('client', secureHeader);
  const secureFeatures = yield* tryRead('upstream', measureElement(MAX_ANSWER_BYTES));
  if (secureFeatures !== undefined) yield* write('client', withoutStartTls(secureFeatures.toString('latin1')));
}

/** Reads one element, which must be the named one (a `stream:error` or `failure` is not). */
function* readElement(name: string, what: string): Conversation<readonly Tag[]> {
  const text = (yield* read('upstream', measureElement(MAX_ANSWER_BYTES))).toString('latin1');
  const tags = tagsOf(text);
  if (tags[0]?.name !== name) throw failed(`The upstream answered ${what} with ${quoted(text.trim())}`);
  return tags;
}

function streamHeader(to: string, namespace: 'jabber:client' | 'jabber:server'): string {
  return `<?xml version='1.0'?><stream:stream to='${to.replaceAll("'", '&apos;')}' version='1.0' xmlns='${namespace}' xmlns:stream='http://etherx.jabber.org/streams'>`;
}

/** A server behind a TLS proxy still offers what it believes to be missing. */
function withoutStartTls(features: string): string {
  const tags = tagsOf(features);
  const first = tags.findIndex(isStartTls);
  const start = tags[first];
  if (start === undefined) return features;
  const end = start.kind === 'empty' ? start : tags.slice(first).find((tag) => tag.kind === 'close' && tag.name === 'starttls');
  return end === undefined ? features : features.slice(0, start.start) + features.slice(end.end);
}

function isStartTls(tag: Tag): boolean {
  return tag.kind !== 'close' && tag.name === 'starttls' && attribute(tag, 'xmlns') === TLS_NAMESPACE;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll("'", '&apos;');
}
