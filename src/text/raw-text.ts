/**
 * Text that may hold bytes which are no UTF-8: a file in Latin-1, the name of a file on disk. Such a byte is kept as a lone surrogate,
 * U+DC80 to U+DCFF (PEP 383), so that nothing is lost on the way from one file to another; where text is shown it is escaped.
 */
import { isUtf8 } from 'node:buffer';

const FIRST = 0xdc80;
const LAST = 0xdcff;
const BYTE_MASK = 0xff;

/** With `u` a pattern sees whole characters, so only lone surrogates match. */
const RAW = /[\udc80-\udcff]/u;

/** UTF-8 as usual; every other byte as a lone surrogate. */
export function decodeText(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  const pieces: string[] = [];
  let start = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = characterAt(bytes, at);
    if (length === 0) {
      pieces.push(bytes.toString('utf8', start, at), String.fromCharCode(0xdc00 + (bytes[at] ?? 0)));
      start = at + 1;
    }
    at += Math.max(1, length);
  }
  return pieces.join('') + bytes.toString('utf8', start);
}

/** The bytes that `decodeText` was given. */
export function encodeText(text: string): Buffer {
  if (!hasRawBytes(text)) return Buffer.from(text, 'utf8');
  return Buffer.concat(Array.from(text, (character) => (hasRawBytes(character) ? Buffer.of(rawByte(character)) : Buffer.from(character))));
}

export function hasRawBytes(text: string): boolean {
  return RAW.test(text);
}

/** The value of a lone surrogate, undefined for every other code point. */
export function rawByteOf(codePoint: number): number | undefined {
  return codePoint >= FIRST && codePoint <= LAST ? codePoint & BYTE_MASK : undefined;
}

/** To be shown: bytes that are no UTF-8 as `\xNN`. */
export function escapeRawBytes(text: string): string {
  return withRawBytes(text, (byte) => `\\x${byte.toString(16)}`);
}

/** Bytes that are no UTF-8 taken for Latin-1, where text has to be Unicode. */
export function rawAsLatin1(text: string): string {
  return withRawBytes(text, (byte) => String.fromCharCode(byte));
}

function withRawBytes(text: string, shown: (byte: number) => string): string {
  if (!hasRawBytes(text)) return text;
  return Array.from(text, (character) => (hasRawBytes(character) ? shown(rawByte(character)) : character)).join('');
}

/** A path as the file system has it. */
export function pathBytes(path: string): string | Buffer {
  return hasRawBytes(path) ? encodeText(path) : path;
}

function rawByte(character: string): number {
  return character.charCodeAt(0) & BYTE_MASK;
}

/** How many bytes the character at `at` has; 0 where there is none (RFC 3629 section 4). */
function characterAt(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  return at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}
