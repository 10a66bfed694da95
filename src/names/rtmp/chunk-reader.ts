/**
 * Reads RTMP chunks up to the first message that is wanted (Adobe RTMP 1.0 section 5.3). Chunks of several messages may interleave,
 * and the chunk size may change on the way (Set Chunk Size before `connect` is what GStreamer and OBS send), so the stream is walked
 * from its beginning each time; it is short.
 */

/** One whole message, and what is needed to put another in its place. */
export interface ChunkMessage {
  readonly chunkStreamId: number;
  /** 20: AMF0 command, 17: AMF3 command (5.4, 7.1). */
  readonly type: number;
  readonly streamId: number;
  /** Milliseconds, 32 bits. */
  readonly timestamp: number;
  readonly payload: Uint8Array;
  /** The message's own chunks, headers included, in order. */
  readonly ranges: readonly Range[];
  /** The client's chunk size when the message ended. */
  readonly chunkSize: number;
  /** Offset behind the message's last chunk. */
  readonly end: number;
}

export interface Range {
  readonly start: number;
  readonly end: number;
}

export type ChunkReading =
  | { readonly kind: 'need-more'; readonly atLeast: number }
  | { readonly kind: 'malformed'; readonly why: string }
  | { readonly kind: 'found'; readonly message: ChunkMessage };

/** No message before or at `connect` is longer; a client that announces one is not waited for. */
const MAX_MESSAGE_BYTES = 65_536;
/** A connect of 2 KB in chunks of one byte; clients send fewer than ten. */
const MAX_CHUNKS = 2048;
const DEFAULT_CHUNK_SIZE = 128;
const MAX_CHUNK_SIZE = 0xffffff;
const EXTENDED = 0xffffff;
const HEADER_BYTES = [11, 7, 3, 0] as const;

const SET_CHUNK_SIZE = 1;
const ABORT = 2;

/** What a chunk stream remembers between its chunks. */
interface StreamState {
  type: number;
  streamId: number;
  length: number;
  timestamp: number;
  delta: number;
  /** The extended timestamp as it stood on the wire, undefined where the three bytes sufficed. */
  extended: number | undefined;
  parts: Uint8Array[];
  received: number;
  ranges: Range[];
}

interface Header {
  readonly format: 0 | 1 | 2 | 3;
  readonly chunkStreamId: number;
  readonly end: number;
}

/**
 * @param bytes what followed C2, from its first byte
 * @param wanted message types to stop at
 */
export function findMessage(bytes: Uint8Array, wanted: ReadonlySet<number>): ChunkReading {
  const streams = new Map<number, StreamState>();
  let chunkSize = DEFAULT_CHUNK_SIZE;
  let offset = 0;
  for (let count = 0; count < MAX_CHUNKS; count++) {
    const header = readBasicHeader(bytes, offset);
    if (header === undefined) return { kind: 'need-more', atLeast: bytes.length + 1 };
    const opened = openChunk(bytes, header, streams);
    if (typeof opened === 'string') return { kind: 'malformed', why: opened };
    if (typeof opened === 'number') return { kind: 'need-more', atLeast: opened };
    const { state, payloadAt } = opened;
    const end = payloadAt + Math.min(chunkSize, state.length - state.received);
    if (end > bytes.length) return { kind: 'need-more', atLeast: end };
    state.parts.push(bytes.subarray(payloadAt, end));
    state.received += end - payloadAt;
    state.ranges.push({ start: offset, end });
    offset = end;
    if (state.received < state.length) continue;
    const payload = join(state);
    if (wanted.has(state.type)) {
      const { type, streamId, timestamp, ranges } = state;
      const message = { chunkStreamId: header.chunkStreamId, type, streamId, timestamp, payload, ranges, chunkSize, end };
      return { kind: 'found', message };
    }
    if (state.type === SET_CHUNK_SIZE) {
      const size = readNumber(payload, 0, 4);
      if (payload.length < 4 || size === 0 || size > 0x7fffffff) return { kind: 'malformed', why: 'an impossible chunk size' };
      chunkSize = Math.min(size, MAX_CHUNK_SIZE);
    } else if (state.type === ABORT) {
      const aborted = streams.get(readNumber(payload, 0, 4));
      if (aborted !== undefined) clearParts(aborted);
    }
    clearParts(state);
  }
  return { kind: 'malformed', why: 'too many chunks before connect' };
}

function readBasicHeader(bytes: Uint8Array, offset: number): Header | undefined {
  const first = bytes[offset];
  if (first === undefined) return undefined;
  const format = (first >> 6) as 0 | 1 | 2 | 3;
  const low = first & 0x3f;
  if (low > 1) return { format, chunkStreamId: low, end: offset + 1 };
  const end = offset + 2 + low;
  if (end > bytes.length) return undefined;
  const high = low === 1 ? (bytes[offset + 2] ?? 0) * 256 : 0;
  return { format, chunkStreamId: 64 + (bytes[offset + 1] ?? 0) + high, end };
}

/** Applies the message header of one chunk. A number is how many bytes are needed at least, a string what is wrong. */
function openChunk(
  bytes: Uint8Array,
  header: Header,
  streams: Map<number, StreamState>,
): { state: StreamState; payloadAt: number } | number | string {
  const { format } = header;
  const headerEnd = header.end + HEADER_BYTES[format];
  if (headerEnd > bytes.length) return headerEnd;
  const known = streams.get(header.chunkStreamId);
  if (known === undefined && format > 1) return 'a chunk that continues nothing';
  if (known !== undefined && known.received > 0 && format !== 3) return 'a message that was broken off';
  const state = known ?? newState();
  if (format === 3) return continueChunk(bytes, headerEnd, state);

  const field = readNumber(bytes, header.end, 3);
  const extended = field === EXTENDED;
  const payloadAt = headerEnd + (extended ? 4 : 0);
  if (payloadAt > bytes.length) return payloadAt;
  const time = extended ? readNumber(bytes, headerEnd, 4) : field;
  state.extended = extended ? time : undefined;
  state.delta = time;
  state.timestamp = format === 0 ? time : (state.timestamp + time) >>> 0;
  if (format < 2) {
    state.length = readNumber(bytes, header.end + 3, 3);
    state.type = bytes[header.end + 6] ?? 0;
  }
  if (format === 0) state.streamId = readLittleEndian(bytes, header.end + 7);
  if (state.length > MAX_MESSAGE_BYTES) return 'a message too long to come before connect';
  streams.set(header.chunkStreamId, state);
  return { state, payloadAt };
}

/**
 * A chunk without header: the next piece, or a new message like the last (5.3.1.2.4). The extended timestamp is repeated by the
 * specification, and left out by some old clients: it is there if it reads like the one before.
 */
function continueChunk(bytes: Uint8Array, headerEnd: number, state: StreamState): { state: StreamState; payloadAt: number } | number {
  if (state.received === 0) state.timestamp = (state.timestamp + state.delta) >>> 0;
  if (state.extended === undefined) return { state, payloadAt: headerEnd };
  if (headerEnd + 4 > bytes.length) return headerEnd + 4;
  return { state, payloadAt: readNumber(bytes, headerEnd, 4) === state.extended ? headerEnd + 4 : headerEnd };
}

function newState(): StreamState {
  return { type: 0, streamId: 0, length: 0, timestamp: 0, delta: 0, extended: undefined, parts: [], received: 0, ranges: [] };
}

function clearParts(state: StreamState): void {
  state.parts = [];
  state.received = 0;
  state.ranges = [];
}

function join(state: StreamState): Uint8Array {
  const [only] = state.parts;
  return state.parts.length === 1 && only !== undefined ? only : Buffer.concat(state.parts);
}

function readNumber(bytes: Uint8Array, offset: number, length: number): number {
  let value = 0;
  for (let index = offset; index < offset + length; index++) value = value * 256 + (bytes[index] ?? 0);
  return value;
}

function readLittleEndian(bytes: Uint8Array, offset: number): number {
  return readNumber(Uint8Array.from(bytes.subarray(offset, offset + 4)).reverse(), 0, 4);
}
