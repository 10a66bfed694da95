/** LDAP StartTLS (RFC 4511 section 4.14), client side: one extended request, one extended response, in BER. */
import type { Conversation, Measured } from './conversation.ts';
import { failed, NEED_MORE, quoted, read, refused, startTls, whole, write } from './conversation.ts';

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const ENUMERATED = 0x0a;
const EXTENDED_RESPONSE = 0x78;

/** Longest response we read; one with a message for people and the name of the operation has about a hundred bytes. */
const MAX_RESPONSE_BYTES = 4096;
const START_TLS = '1.3.6.1.4.1.1466.20037';

/** LDAPMessage { messageID 1, extendedReq [APPLICATION 23] { requestName [0] } } */
const REQUEST = Buffer.concat([
  Buffer.from([SEQUENCE, START_TLS.length + 7, INTEGER, 1, 1, 0x77, START_TLS.length + 2, 0x80, START_TLS.length]),
  Buffer.from(START_TLS, 'latin1'),
]);

export function* ldapClient(): Conversation {
  yield* write('upstream', REQUEST);
  const response = parseResponse(yield* read('upstream', measureMessage));
  if (response === undefined) throw failed('The upstream answered StartTLS with something else than an extended response');
  if (response.resultCode !== 0) {
    throw failed(`The upstream refused StartTLS with result code ${response.resultCode} ${quoted(response.diagnostic)}`);
  }
  yield* startTls('upstream');
}

/** One BER element that has to be an LDAPMessage. */
export function measureMessage(bytes: Buffer): Measured {
  if (bytes.length > 0 && bytes[0] !== SEQUENCE) return refused('something that is not LDAP');
  const header = readHeader(bytes, 0);
  if (header === undefined) return bytes.length < 6 ? NEED_MORE : refused('an LDAP message without a length');
  if (header.end > MAX_RESPONSE_BYTES) return refused(`an LDAP message of more than ${MAX_RESPONSE_BYTES} bytes`);
  return bytes.length < header.end ? NEED_MORE : whole(header.end);
}

/** @returns undefined unless the message is the response to our request (message 1; a notice of disconnection is message 0) */
export function parseResponse(message: Buffer): { readonly resultCode: number; readonly diagnostic: string } | undefined {
  const outer = readHeader(message, 0);
  const id = outer && readHeader(message, outer.start);
  if (outer === undefined || outer.end > message.length || id?.tag !== INTEGER || id.end - id.start !== 1 || message[id.start] !== 1)
    return undefined;
  const response = readHeader(message, id.end);
  if (response?.tag !== EXTENDED_RESPONSE || response.end > outer.end) return undefined;
  const code = readHeader(message, response.start);
  if (code?.tag !== ENUMERATED || code.end - code.start !== 1 || code.end > response.end) return undefined;
  const matched = readHeader(message, code.end);
  const diagnostic = matched && readHeader(message, matched.end);
  const text =
    diagnostic === undefined || diagnostic.end > response.end ? '' : message.toString('latin1', diagnostic.start, diagnostic.end);
  return { resultCode: message.readUInt8(code.start), diagnostic: text };
}

/** Tag and extent of the element at `offset`; undefined while its header is not whole or when its length is none we accept. */
function readHeader(bytes: Buffer, offset: number): { readonly tag: number; readonly start: number; readonly end: number } | undefined {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  if (tag === undefined || first === undefined) return undefined;
  if (first < 0x80) return { tag, start: offset + 2, end: offset + 2 + first };
  const count = first - 0x80;
  if (count === 0 || count > 4 || offset + 2 + count > bytes.length) return undefined;
  const start = offset + 2 + count;
  return { tag, start, end: start + bytes.readUIntBE(offset + 2, count) };
}
