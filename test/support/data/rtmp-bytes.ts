/** RTMP as bytes, written independently of the reader: chunks of all header types, and connect commands (Adobe RTMP 1.0, AMF0). */

/** C0, C1 and C2 of a simple client. */
export const HANDSHAKE: Buffer = Buffer.concat([Buffer.of(3), Buffer.alloc(8), Buffer.alloc(1528, 0x5a), Buffer.alloc(1536, 0x33)]);

export interface Message {
  readonly chunkStreamId: number;
  readonly timestamp: number;
  readonly type: number;
  readonly streamId: number;
  readonly payload: Buffer;
  /** Header type of its first chunk. */
  readonly format: 0 | 1 | 2 | 3;
}

export function message(fields: Partial<Message> & { readonly payload: Buffer }): Message {
  return { chunkStreamId: 3, timestamp: 0, type: 20, streamId: 0, format: 0, ...fields };
}

/** All messages one after the other, each cut at `size`. */
export function chunked(messages: readonly Message[], size = 128): Buffer {
  return Buffer.concat(messages.flatMap((each) => chunksOf(each, size)));
}

/** The chunks of one message, to be interleaved with others. */
export function chunksOf(each: Message, size = 128, repeatExtended = true): Buffer[] {
  const extended = Buffer.alloc(each.timestamp >= 0xffffff ? 4 : 0);
  if (extended.length > 0) extended.writeUInt32BE(each.timestamp);
  const chunks: Buffer[] = [];
  for (let offset = 0; offset === 0 || offset < each.payload.length; offset += size) {
    const head =
      offset === 0
        ? [basicHeader(each.format, each.chunkStreamId), messageHeader(each), extended]
        : [basicHeader(3, each.chunkStreamId), repeatExtended ? extended : Buffer.alloc(0)];
    chunks.push(Buffer.concat([...head, each.payload.subarray(offset, offset + size)]));
  }
  return chunks;
}

function basicHeader(format: number, id: number): Buffer {
  if (id < 64) return Buffer.of((format << 6) | id);
  return id < 320 ? Buffer.of(format << 6, id - 64) : Buffer.of((format << 6) | 1, (id - 64) % 256, Math.floor((id - 64) / 256));
}

function messageHeader({ format, timestamp, payload, type, streamId }: Message): Buffer {
  const header = Buffer.alloc(11);
  header.writeUIntBE(Math.min(timestamp, 0xffffff), 0, 3);
  header.writeUIntBE(payload.length, 3, 3);
  header[6] = type;
  header.writeUInt32LE(streamId, 7);
  return header.subarray(0, [11, 7, 3, 0][format]);
}

export function setChunkSize(size: number): Message {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(size);
  return message({ chunkStreamId: 2, type: 1, payload });
}

export function amfString(text: string): Buffer {
  const utf8 = Buffer.from(text);
  const head = Buffer.alloc(3);
  head[0] = 2;
  head.writeUInt16BE(utf8.length, 1);
  return Buffer.concat([head, utf8]);
}

export function amfNumber(value: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

export function amfObject(entries: readonly (readonly [key: string, value: Buffer])[]): Buffer {
  const parts = entries.flatMap(([key, value]) => [amfString(key).subarray(1), value]);
  return Buffer.concat([Buffer.of(3), ...parts, Buffer.of(0, 0, 9)]);
}

/** `connect`, transaction 1, and its object with the given strings. */
export function connectPayload(fields: Readonly<Record<string, string>>, command = 'connect'): Buffer {
  const entries = Object.entries(fields).map(([key, value]) => [key, amfString(value)] as const);
  return Buffer.concat([amfString(command), amfNumber(1), amfObject(entries)]);
}
