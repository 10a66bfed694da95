/**
 * XMPP (RFC 6120 section 4.7): the `to` attribute of the opening `<stream:stream>` tag, which is also the name the certificate has
 * to carry (13.7.2). Not an XML parser: one declaration and one start tag are read, attribute by attribute.
 */
import { parseHost } from '../address/host-name.ts';
import type { Recognition } from './recognition.ts';
import { NOT_MINE, needMore } from './recognition.ts';
import { toText } from './text-lines.ts';

/** A cursor over the text; every reader returns undefined when the text ended before what it reads. */
interface Cursor {
  readonly text: string;
  offset: number;
}

const WHITESPACE = ' \t\r\n';
const LESS_THAN = 0x3c;

export function recogniseXmpp(bytes: Uint8Array): Recognition {
  const start = firstNonSpace(bytes);
  if (start === bytes.length) return bytes.length < MAX_LEADING_SPACE ? needMore(bytes) : NOT_MINE;
  if (bytes[start] !== LESS_THAN) return NOT_MINE;
  const head = toText(bytes, start, Math.min(bytes.length, MAX_HEADER));
  const recognition = readHeader(head, bytes);
  const tooLong = recognition.kind === 'need-more' && bytes.length >= MAX_HEADER;
  return tooLong ? noName('the XMPP stream header is too long', []) : recognition;
}

function readHeader(text: string, bytes: Uint8Array): Recognition {
  const cursor: Cursor = { text, offset: 0 };
  const name = skipDeclaration(cursor) ?? readTagName(cursor);
  if (name === undefined) return needMore(bytes);
  if (name === 'no' || localName(name) !== 'stream') return NOT_MINE;
  const attributes = readAttributes(cursor);
  if (attributes === undefined) return needMore(bytes);
  if (attributes === 'malformed') return noName('the XMPP stream header is malformed', []);
  const alpn = [attributes.get('xmlns') === 'jabber:server' ? 'xmpp-server' : 'xmpp-client'];
  const to = attributes.get('to');
  if (to === undefined) return noName("the XMPP stream header has no 'to'", alpn);
  const host = parseHost(to);
  return host === undefined ? noName("the 'to' of the XMPP stream is no host name", alpn) : { kind: 'name', protocol: 'xmpp', host, alpn };
}

/** The header of a stream has a few hundred bytes. */
const MAX_HEADER = 8192;
const MAX_LEADING_SPACE = 64;
const MAX_TAG_NAME = 64;

function firstNonSpace(bytes: Uint8Array): number {
  let index = 0;
  while (index < bytes.length && WHITESPACE.includes(String.fromCharCode(bytes[index] ?? 0))) index++;
  return index;
}

/** Steps over `<?xml ... ?>` and the space behind it. `no` when what follows `<?` is something else. */
function skipDeclaration(cursor: Cursor): 'no' | undefined {
  const { text } = cursor;
  const shared = Math.min(text.length, DECLARATION.length);
  if (text.slice(0, shared) !== DECLARATION.slice(0, shared)) return undefined;
  const close = text.indexOf('?>');
  if (close === -1) {
    cursor.offset = text.length;
    return undefined;
  }
  cursor.offset = close + 2;
  skipSpace(cursor);
  return cursor.offset < text.length && text[cursor.offset] !== '<' ? 'no' : undefined;
}

const DECLARATION = '<?xml';

/** Reads `<name` and stops behind it; `no` when that can be no tag name. */
function readTagName(cursor: Cursor): string | undefined {
  const start = cursor.offset + 1;
  let end = start;
  while (end < cursor.text.length && !WHITESPACE.includes(cursor.text.charAt(end)) && !'/><?!='.includes(cursor.text.charAt(end))) end++;
  if (end - start > MAX_TAG_NAME) return 'no';
  if (end >= cursor.text.length) return undefined;
  cursor.offset = end;
  return end === start ? 'no' : cursor.text.slice(start, end);
}

/** Reads attributes up to the `>` that ends the tag. The first of a name counts; XML forbids a second. */
function readAttributes(cursor: Cursor): ReadonlyMap<string, string> | 'malformed' | undefined {
  const attributes = new Map<string, string>();
  for (;;) {
    skipSpace(cursor);
    const next = cursor.text[cursor.offset];
    if (next === undefined) return undefined;
    if (next === '>') return attributes;
    const equals = cursor.text.indexOf('=', cursor.offset);
    const close = cursor.text.indexOf('>', cursor.offset);
    if (close !== -1 && (equals === -1 || close < equals)) return 'malformed';
    if (equals === -1) return undefined;
    const name = cursor.text.slice(cursor.offset, equals).trim();
    cursor.offset = equals + 1;
    skipSpace(cursor);
    const quote = cursor.text[cursor.offset];
    if (quote === undefined) return undefined;
    if (quote !== '"' && quote !== "'") return 'malformed';
    const end = cursor.text.indexOf(quote, cursor.offset + 1);
    if (end === -1) return undefined;
    if (attributes.has(name)) return 'malformed';
    attributes.set(name, cursor.text.slice(cursor.offset + 1, end));
    cursor.offset = end + 1;
  }
}

function skipSpace(cursor: Cursor): void {
  while (cursor.offset < cursor.text.length && WHITESPACE.includes(cursor.text.charAt(cursor.offset))) cursor.offset++;
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function noName(why: string, alpn: readonly string[]): Recognition {
  return { kind: 'no-name', protocol: 'xmpp', why, alpn };
}
