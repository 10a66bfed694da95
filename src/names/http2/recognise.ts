/**
 * HTTP/2 with prior knowledge (RFC 9113 sections 3.4, 4.1, 6.2): the client's preface, its frames up to the end of the first header
 * block, and there `:authority`, or `host` where that is missing (8.3.1). Clients that wait for the server's SETTINGS before their
 * first request (gRPC) cannot be read and are not waited for.
 */
import { parseAuthority } from '../../address/authority.ts';
import type { FirstProtocol, Recognition } from '../recognition.ts';
import { NOT_MINE, startsWith } from '../recognition.ts';
import type { HeaderField } from './hpack.ts';
import { decodeHeaderBlock } from './hpack.ts';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const FRAME_HEADER_BYTES = 9;
/** SETTINGS_MAX_FRAME_SIZE as it is until the server says otherwise. */
const MAX_FRAME_BYTES = 16_384;
const ALPN = ['h2'];

const HEADERS = 1;
const SETTINGS = 4;
const CONTINUATION = 9;
const END_HEADERS = 0x4;
const PADDED = 0x8;
const PRIORITY = 0x20;

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly payload: Uint8Array;
  readonly end: number;
}

export function recogniseHttp2(bytes: Uint8Array): Recognition {
  const preface = startsWith(bytes, PREFACE);
  if (preface === 'no') return NOT_MINE;
  if (preface === 'part') return { kind: 'need-more', atLeast: bytes.length + 1 };
  const block: Uint8Array[] = [];
  let settled = false;
  let offset = PREFACE.length;
  for (;;) {
    const frame = readFrame(bytes, offset);
    if (typeof frame === 'number') return waiting(frame, settled && offset === bytes.length && block.length === 0);
    if (frame === 'too-long') return noName('the HTTP/2 client sent a frame that is too long');
    offset = frame.end;
    settled ||= frame.type === SETTINGS;
    if (frame.type === HEADERS ? block.length > 0 : (frame.type === CONTINUATION) !== block.length > 0) {
      return noName('the HTTP/2 client broke a header block off');
    }
    if (frame.type !== HEADERS && frame.type !== CONTINUATION) continue;
    const fragment = frame.type === HEADERS ? withoutPadding(frame) : frame.payload;
    if (fragment === undefined) return noName('the HTTP/2 client sent malformed padding');
    block.push(fragment);
    if (frame.flags & END_HEADERS) return readAuthority(decodeHeaderBlock(Buffer.concat(block)));
  }
}

/** A number is how many bytes are needed at least. */
function readFrame(bytes: Uint8Array, offset: number): Frame | number | 'too-long' {
  const payloadAt = offset + FRAME_HEADER_BYTES;
  if (payloadAt > bytes.length) return payloadAt;
  const length = ((bytes[offset] ?? 0) << 16) | ((bytes[offset + 1] ?? 0) << 8) | (bytes[offset + 2] ?? 0);
  if (length > MAX_FRAME_BYTES) return 'too-long';
  const end = payloadAt + length;
  if (end > bytes.length) return end;
  return { type: bytes[offset + 3] ?? 0, flags: bytes[offset + 4] ?? 0, payload: bytes.subarray(payloadAt, end), end };
}

/** HEADERS may carry a pad length in front, a priority, and padding behind (6.2). */
function withoutPadding({ flags, payload }: Frame): Uint8Array | undefined {
  const padding = flags & PADDED ? (payload[0] ?? 0) : 0;
  const start = (flags & PADDED ? 1 : 0) + (flags & PRIORITY ? 5 : 0);
  const end = payload.length - padding;
  return start <= end ? payload.subarray(start, end) : undefined;
}

function readAuthority(fields: readonly HeaderField[] | undefined): Recognition {
  if (fields === undefined) return noName('the first header block of the HTTP/2 client cannot be decoded');
  const valuesOf = (wanted: string): string[] => fields.filter(([name]) => name === wanted).map(([, value]) => value);
  const authorities = valuesOf(':authority');
  const named = authorities.length > 0 ? authorities : valuesOf('host');
  const protocol: FirstProtocol = valuesOf(':method')[0] === 'CONNECT' ? 'connect' : 'http/2';
  if (named.length !== 1)
    return noName(named.length === 0 ? 'the HTTP/2 request has no authority' : 'the HTTP/2 request has several authorities');
  const host = parseAuthority(named[0] ?? '');
  return host === undefined ? noName('the HTTP/2 request names no valid host') : { kind: 'name', protocol, host, alpn: ALPN };
}

function waiting(atLeast: number, mayBeWaiting: boolean): Recognition {
  return mayBeWaiting ? { kind: 'need-more', atLeast, mayBeWaiting } : { kind: 'need-more', atLeast };
}

function noName(why: string): Recognition {
  return { kind: 'no-name', protocol: 'http/2', why, alpn: ALPN };
}
