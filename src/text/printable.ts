/**
 * Text from outside made safe for one line of a log: no control characters, nothing that moves the cursor or reverses the reading
 * direction, bounded length. Ordinary text passes without a copy.
 */

import { rawByteOf } from './raw-text.ts';

/** What stunnel-style logs and ours allow for one field that a peer chose. */
export const MAX_FIELD_CHARACTERS = 256;
/** A whole line, in bytes, without its line feed. */
export const MAX_LINE_BYTES = 1024;

const CUT_MARK = '...';

/** @returns the text with every unprintable character written as `\xNN` or `\u{NNNN}`, at most `limit` characters long */
export function printable(text: string, limit: number = MAX_FIELD_CHARACTERS): string {
  const kept = text.length > limit ? text.slice(0, limit) : text; // bounds the work; the rest is cut below anyway
  const escaped = isPlain(kept) ? kept : escapeAll(kept);
  return text.length > limit || escaped.length > limit ? `${escaped.slice(0, limit - CUT_MARK.length)}${CUT_MARK}` : escaped;
}

/** @returns JSON of the value whose text means the same and does nothing to a terminal; `indent` as `JSON.stringify` has it */
export function printableJson(value: unknown, indent = 0): string {
  let escaped = '';
  for (const character of JSON.stringify(value, null, indent)) {
    escaped += character === '\n' || isPrintable(character.codePointAt(0) ?? 0) ? character : unitsOf(character);
  }
  return escaped;
}

function unitsOf(character: string): string {
  let units = '';
  for (let index = 0; index < character.length; index += 1) units += `\\u${hex(character.charCodeAt(index), 4)}`;
  return units;
}

/** Cuts at a character boundary so that the UTF-8 form has at most `limit` bytes. */
export function cutBytes(text: string, limit: number = MAX_LINE_BYTES): string {
  if (text.length * 3 <= limit || Buffer.byteLength(text) <= limit) return text;
  const bytes = Buffer.from(text);
  let end = limit - CUT_MARK.length;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1; // not inside a character
  return bytes.toString('utf8', 0, end) + CUT_MARK;
}

function isPlain(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

function escapeAll(text: string): string {
  let escaped = '';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const byte = code < 0x100 ? code : rawByteOf(code);
    escaped += isPrintable(code) ? character : byte === undefined ? `\\u{${hex(code, 4)}}` : `\\x${hex(byte, 2)}`;
  }
  return escaped;
}

const hex = (code: number, width: number): string => code.toString(16).padStart(width, '0');

/** Ranges of Unicode that are invisible, move the reader's eye, or are halves of a pair; first and last of each. */
const UNPRINTABLE: readonly (readonly [number, number])[] = [
  [0x00, 0x1f],
  [0x7f, 0xa0],
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x2000, 0x200f],
  [0x2028, 0x202f],
  [0x205f, 0x206f],
  [0x3000, 0x3000],
  [0x3164, 0x3164],
  [0xd800, 0xf8ff],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xffff],
  [0x1d173, 0x1d17a],
  [0xe0000, 0x10ffff],
];

function isPrintable(code: number): boolean {
  for (const [first, last] of UNPRINTABLE) {
    if (code < first) return true;
    if (code <= last) return false;
  }
  return true;
}
