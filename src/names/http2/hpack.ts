/**
 * Decodes one HPACK header block (RFC 7541) as far as finding a name needs it: the first block of a connection, with the dynamic
 * table at its default size. Input is bounded by the caller, and the table by its size, so the work is linear.
 */
import { decodeHuffman } from './huffman.ts';
import { STATIC_TABLE } from './static-table.ts';

export type HeaderField = readonly [name: string, value: string];

const TABLE_SIZE = 4096;
const ENTRY_OVERHEAD = 32;
const MAX_FIELDS = 1024;

interface Cursor {
  readonly bytes: Uint8Array;
  offset: number;
}

/** Newest entry first, as the indexes count (2.3.2). */
interface DynamicTable {
  readonly entries: HeaderField[];
  size: number;
  limit: number;
}

/** @returns the fields in order, or undefined for anything the RFC calls a decoding error */
export function decodeHeaderBlock(bytes: Uint8Array): readonly HeaderField[] | undefined {
  const cursor: Cursor = { bytes, offset: 0 };
  const table: DynamicTable = { entries: [], size: 0, limit: TABLE_SIZE };
  const fields: HeaderField[] = [];
  while (cursor.offset < bytes.length) {
    const first = bytes[cursor.offset] ?? 0;
    if ((first & 0xe0) === 0x20) {
      const size = readInteger(cursor, 5);
      if (size === undefined || size > TABLE_SIZE) return undefined;
      table.limit = size;
      evict(table);
      continue;
    }
    const field = first & 0x80 ? readIndexed(cursor, table) : readLiteral(cursor, table, (first & 0x40) !== 0);
    if (field === undefined || fields.length === MAX_FIELDS) return undefined;
    fields.push(field);
  }
  return fields;
}

function readIndexed(cursor: Cursor, table: DynamicTable): HeaderField | undefined {
  const index = readInteger(cursor, 7);
  return index === undefined ? undefined : lookUp(table, index);
}

/** 6.2: with incremental indexing the index has six bits, otherwise four. */
function readLiteral(cursor: Cursor, table: DynamicTable, indexing: boolean): HeaderField | undefined {
  const index = readInteger(cursor, indexing ? 6 : 4);
  if (index === undefined) return undefined;
  const name = index === 0 ? readString(cursor) : lookUp(table, index)?.[0];
  const value = readString(cursor);
  if (name === undefined || value === undefined) return undefined;
  const field: HeaderField = [name, value];
  if (indexing) {
    table.entries.unshift(field);
    table.size += sizeOf(field);
    evict(table);
  }
  return field;
}

function lookUp(table: DynamicTable, index: number): HeaderField | undefined {
  return index <= STATIC_TABLE.length ? STATIC_TABLE[index - 1] : table.entries[index - STATIC_TABLE.length - 1];
}

function evict(table: DynamicTable): void {
  while (table.size > table.limit) {
    const oldest = table.entries.pop();
    if (oldest === undefined) return;
    table.size -= sizeOf(oldest);
  }
}

function sizeOf([name, value]: HeaderField): number {
  return name.length + value.length + ENTRY_OVERHEAD;
}

/** 5.1, with at most four bytes behind the prefix: no length or index in a block of 64 KB needs more. */
function readInteger(cursor: Cursor, prefixBits: number): number | undefined {
  const mask = 2 ** prefixBits - 1;
  let value = (cursor.bytes[cursor.offset++] ?? 0) & mask;
  if (value < mask) return value;
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = cursor.bytes[cursor.offset++];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** shift;
    if ((byte & 0x80) === 0) return value;
  }
  return undefined;
}

/** 5.2. */
function readString(cursor: Cursor): string | undefined {
  const first = cursor.bytes[cursor.offset];
  if (first === undefined) return undefined;
  const length = readInteger(cursor, 7);
  if (length === undefined || cursor.offset + length > cursor.bytes.length) return undefined;
  const raw = cursor.bytes.subarray(cursor.offset, cursor.offset + length);
  cursor.offset += length;
  return first & 0x80 ? decodeHuffman(raw) : Buffer.from(raw.buffer, raw.byteOffset, raw.length).toString('latin1');
}
