/**
 * Makes a client that dialled `rtmp://127.0.0.1:1936/app` say what the real server wants to hear: app, tcUrl, swfUrl and pageUrl of
 * its `connect` are replaced together, and the message is cut into chunks again because its length changed.
 *
 * What cannot be kept: a later message on the same chunk stream that takes connect's length from its header (types 2 and 3) would
 * be misread. It would have to be a command exactly as long as connect; none of the clients sends one.
 */
import { authorityOf } from '../../address/authority.ts';
import { encodeString } from './amf0.ts';
import type { ChunkMessage } from './chunk-reader.ts';
import { findMessage } from './chunk-reader.ts';
import type { AddressField, ConnectFields } from './connect-command.ts';
import { ADDRESS_FIELDS, readConnect } from './connect-command.ts';
import { CLIENT_HANDSHAKE_BYTES } from './handshake.ts';
import { COMMANDS } from './recognise.ts';

/** Where the client is said to be going; what is undefined is kept from the client. */
export interface RtmpTarget {
  readonly scheme: string | undefined;
  /** `host` or `host:port`, IPv6 in brackets. */
  readonly authority: string;
  /** Without slashes around it. */
  readonly app: string | undefined;
}

export type Rewriting =
  | { readonly kind: 'rewritten'; readonly bytes: Uint8Array; readonly tcUrl: string }
  | { readonly kind: 'unchanged'; readonly why: string };

/** Reads `rtmp://host[:port][/app]`. @returns undefined when it is not such a URL */
export function parseRtmpTarget(url: string): RtmpTarget | undefined {
  const authority = authorityOf(url);
  const scheme = url.slice(0, url.indexOf('://')).toLowerCase();
  if (authority === undefined || (scheme !== 'rtmp' && scheme !== 'rtmps')) return undefined;
  const app = trimSlashes(url.slice(scheme.length + 3 + authority.length));
  return { scheme, authority, app: app === '' ? undefined : app };
}

/**
 * @param bytes the client's first bytes from C0 on, `connect` included
 * @returns the same with another connect, or why that was not possible; nothing is changed then
 */
export function rewriteConnect(bytes: Uint8Array, target: RtmpTarget): Rewriting {
  const chunks = bytes.subarray(CLIENT_HANDSHAKE_BYTES);
  const reading = findMessage(chunks, COMMANDS);
  if (reading.kind !== 'found') return { kind: 'unchanged', why: 'its connect command cannot be read' };
  const { message } = reading;
  const command = readConnect(message);
  if (command.kind !== 'connect') return { kind: 'unchanged', why: 'its first command is not connect' };
  if (command.fields.tcUrl === undefined) return { kind: 'unchanged', why: 'its connect command has no tcUrl' };
  const texts = newTexts(command.fields, command.fields.tcUrl.text, target);
  const payload = splice(message.payload, command.fields, texts);
  const parts = [
    bytes.subarray(0, CLIENT_HANDSHAKE_BYTES),
    ...others(chunks, message),
    ...cut(message, payload),
    chunks.subarray(message.end),
  ];
  return { kind: 'rewritten', bytes: Buffer.concat(parts), tcUrl: texts.get('tcUrl') ?? '' };
}

function newTexts(fields: ConnectFields, oldUrl: string, target: RtmpTarget): ReadonlyMap<AddressField, string> {
  const oldAuthority = authorityOf(oldUrl) ?? '';
  const oldScheme = oldUrl.slice(0, Math.max(0, oldUrl.indexOf('://'))) || 'rtmp';
  const oldPath = oldAuthority === '' ? '' : oldUrl.slice(oldUrl.indexOf('://') + 3 + oldAuthority.length);
  const path = target.app === undefined ? oldPath : `/${target.app}`;
  const newUrl = `${target.scheme ?? oldScheme}://${target.authority}${path}`;
  const texts = new Map<AddressField, string>([['tcUrl', newUrl]]);
  if (target.app !== undefined && fields.app !== undefined) texts.set('app', target.app);
  for (const field of ['swfUrl', 'pageUrl'] as const) {
    const old = fields[field]?.text;
    if (old === undefined) continue;
    if (old.startsWith(oldUrl)) texts.set(field, newUrl + old.slice(oldUrl.length));
    else if (oldAuthority !== '' && authorityOf(old) === oldAuthority)
      texts.set(
        field,
        old.replace(oldAuthority, () => target.authority),
      );
  }
  return texts;
}

function splice(payload: Uint8Array, fields: ConnectFields, texts: ReadonlyMap<AddressField, string>): Uint8Array {
  const edits = ADDRESS_FIELDS.flatMap((field) => {
    const place = fields[field];
    const text = texts.get(field);
    return place === undefined || text === undefined ? [] : [{ place, text }];
  }).sort((a, b) => a.place.start - b.place.start);
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const { place, text } of edits) {
    parts.push(payload.subarray(offset, place.start), encodeString(text));
    offset = place.end;
  }
  return Buffer.concat([...parts, payload.subarray(offset)]);
}

/** What stood between the message's own chunks, in order. */
function others(chunks: Uint8Array, message: ChunkMessage): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const { start, end } of message.ranges) {
    parts.push(chunks.subarray(offset, start));
    offset = end;
  }
  return parts;
}

/** The message again: one chunk with the full header (5.3.1.2.1), the others without one. */
function cut(message: ChunkMessage, payload: Uint8Array): Uint8Array[] {
  const extended = message.timestamp >= 0xffffff;
  const header = Buffer.alloc(11);
  header.writeUIntBE(extended ? 0xffffff : message.timestamp, 0, 3);
  header.writeUIntBE(payload.length, 3, 3);
  header[6] = message.type;
  header.writeUInt32LE(message.streamId, 7);
  const time = Buffer.alloc(extended ? 4 : 0);
  if (extended) time.writeUInt32BE(message.timestamp);
  const parts: Uint8Array[] = [];
  for (let offset = 0; offset < payload.length; offset += message.chunkSize) {
    const first = offset === 0;
    parts.push(basicHeader(first ? 0 : 3, message.chunkStreamId), ...(first ? [header] : []), time);
    parts.push(payload.subarray(offset, offset + message.chunkSize));
  }
  return parts;
}

function basicHeader(format: 0 | 3, chunkStreamId: number): Uint8Array {
  const high = format << 6;
  if (chunkStreamId < 64) return Uint8Array.of(high | chunkStreamId);
  const rest = chunkStreamId - 64;
  return rest < 256 ? Uint8Array.of(high, rest) : Uint8Array.of(high | 1, rest & 0xff, rest >> 8);
}

function trimSlashes(path: string): string {
  let start = 0;
  let end = path.length;
  while (path[start] === '/') start++;
  while (end > start && path[end - 1] === '/') end--;
  return path.slice(start, end);
}
