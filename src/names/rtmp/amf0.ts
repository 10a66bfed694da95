/**
 * A bounded AMF0 decoder (Adobe AMF0 specification) for the one message that is read: it keeps numbers, strings and objects, and
 * where each string stood, and only walks over the rest. Depth and number of values are limited, so hostile input costs little.
 */

export type Amf0Value =
  | { readonly kind: 'number'; readonly value: number }
  /** `start` and `end` bound the whole value, its marker included. */
  | { readonly kind: 'string'; readonly text: string; readonly start: number; readonly end: number }
  | { readonly kind: 'object'; readonly properties: ReadonlyMap<string, Amf0Value> }
  | { readonly kind: 'other' };

/** How far the reader came; `values` counts down. */
interface Cursor {
  readonly bytes: Uint8Array;
  offset: number;
  values: number;
}

const MAX_DEPTH = 16;
const MAX_VALUES = 2048;

const NUMBER = 0x00;
const BOOLEAN = 0x01;
const STRING = 0x02;
const OBJECT = 0x03;
const NULL = 0x05;
const UNDEFINED = 0x06;
const REFERENCE = 0x07;
const ECMA_ARRAY = 0x08;
const OBJECT_END = 0x09;
const STRICT_ARRAY = 0x0a;
const DATE = 0x0b;
const LONG_STRING = 0x0c;
const UNSUPPORTED = 0x0d;
const XML_DOCUMENT = 0x0f;
const TYPED_OBJECT = 0x10;

const OTHER: Amf0Value = { kind: 'other' };

/** Decodes up to `count` values from the beginning. @returns undefined when one of them is cut off, unknown or past a limit */
export function decodeAmf0(bytes: Uint8Array, count: number): readonly Amf0Value[] | undefined {
  const cursor: Cursor = { bytes, offset: 0, values: MAX_VALUES };
  const values: Amf0Value[] = [];
  while (values.length < count) {
    const value = readValue(cursor, 0);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

/** A string value with its marker, the short form where it fits (2.4, 2.14). */
export function encodeString(text: string): Uint8Array {
  const utf8 = Buffer.from(text, 'utf8');
  const head = utf8.length > 0xffff ? Buffer.alloc(5) : Buffer.alloc(3);
  if (head.length === 5) {
    head[0] = LONG_STRING;
    head.writeUInt32BE(utf8.length, 1);
  } else {
    head[0] = STRING;
    head.writeUInt16BE(utf8.length, 1);
  }
  return Buffer.concat([head, utf8]);
}

function readValue(cursor: Cursor, depth: number): Amf0Value | undefined {
  if (depth > MAX_DEPTH || cursor.values-- <= 0) return undefined;
  const start = cursor.offset;
  const marker = cursor.bytes[cursor.offset++];
  switch (marker) {
    case NUMBER:
      return readDouble(cursor);
    case STRING:
      return readString(cursor, start, 2);
    case LONG_STRING:
    case XML_DOCUMENT:
      return readString(cursor, start, 4);
    case OBJECT:
      return readObject(cursor, depth);
    case ECMA_ARRAY:
      return skip(cursor, 4) && readObject(cursor, depth);
    case TYPED_OBJECT:
      return readString(cursor, start, 2) && readObject(cursor, depth);
    case STRICT_ARRAY:
      return readArray(cursor, depth);
    case BOOLEAN:
      return skip(cursor, 1);
    case REFERENCE:
      return skip(cursor, 2);
    case DATE:
      return skip(cursor, 10);
    case NULL:
    case UNDEFINED:
    case UNSUPPORTED:
      return OTHER;
    default:
      return undefined;
  }
}

function readDouble(cursor: Cursor): Amf0Value | undefined {
  const { bytes, offset } = cursor;
  if (skip(cursor, 8) === undefined) return undefined;
  return { kind: 'number', value: new DataView(bytes.buffer, bytes.byteOffset + offset, 8).getFloat64(0) };
}

function readString(cursor: Cursor, start: number, lengthBytes: 2 | 4): (Amf0Value & { kind: 'string' }) | undefined {
  let length = 0;
  for (let index = 0; index < lengthBytes; index++) length = length * 256 + (cursor.bytes[cursor.offset + index] ?? 0);
  const textAt = cursor.offset + lengthBytes;
  if (textAt + length > cursor.bytes.length) return undefined;
  cursor.offset = textAt + length;
  const text = Buffer.from(cursor.bytes.buffer, cursor.bytes.byteOffset + textAt, length).toString('utf8');
  return { kind: 'string', text, start, end: cursor.offset };
}

/** Keys and values up to the empty key followed by the end marker (2.5). A `Map`, because the keys come from outside. */
function readObject(cursor: Cursor, depth: number): Amf0Value | undefined {
  const properties = new Map<string, Amf0Value>();
  for (;;) {
    const key = readString(cursor, cursor.offset, 2);
    if (key === undefined) return undefined;
    if (key.text === '' && cursor.bytes[cursor.offset] === OBJECT_END) {
      cursor.offset++;
      return { kind: 'object', properties };
    }
    const value = readValue(cursor, depth + 1);
    if (value === undefined) return undefined;
    properties.set(key.text, value);
  }
}

function readArray(cursor: Cursor, depth: number): Amf0Value | undefined {
  const lengthAt = cursor.offset;
  if (skip(cursor, 4) === undefined) return undefined;
  let left = 0;
  for (let index = 0; index < 4; index++) left = left * 256 + (cursor.bytes[lengthAt + index] ?? 0);
  while (left-- > 0) if (readValue(cursor, depth + 1) === undefined) return undefined;
  return OTHER;
}

function skip(cursor: Cursor, bytes: number): Amf0Value | undefined {
  if (cursor.offset + bytes > cursor.bytes.length) return undefined;
  cursor.offset += bytes;
  return OTHER;
}
