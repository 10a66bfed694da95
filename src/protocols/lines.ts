/**
 * Lines and replies of the text protocols (SMTP, POP3, IMAP, NNTP and their kin). A line is Latin-1 text, so that it can be passed on
 * byte for byte; its end is CRLF, and a bare LF is taken as one, as every server does. No regular expression ever sees these bytes.
 */

import type { LegName } from '../sockets/leg.ts';
import type { Conversation, Measured } from './conversation.ts';
import { NEED_MORE, read, refused, whole, write } from './conversation.ts';

/** Longest line we read. The protocols allow 512 to 1,000; capability lists of real servers are longer. */
export const MAX_LINE_BYTES = 8192;

const LF = 10;
const CR = 13;

/** One line with its end. */
export function measureLine(bytes: Buffer): Measured {
  const end = bytes.indexOf(LF);
  const length = end < 0 ? bytes.length : end + 1;
  if (length > MAX_LINE_BYTES) return refused(`a line of more than ${MAX_LINE_BYTES} bytes`);
  if (bytes.subarray(0, length).includes(0)) return refused('a line with a NUL in it');
  return end < 0 ? NEED_MORE : whole(length);
}

/** The text of a line without its end. */
export function lineText(line: Buffer): string {
  let length = line.length;
  if (line[length - 1] === LF) length -= 1;
  if (line[length - 1] === CR) length -= 1;
  return line.toString('latin1', 0, length);
}

/** Reads one line and returns its text without the line end. */
export function* readLine(leg: LegName): Conversation<string> {
  return lineText(yield* read(leg, measureLine));
}

export function* writeLine(leg: LegName, text: string): Conversation {
  yield* write(leg, `${text}\r\n`);
}

/**
 * The lines a message consists of, for what is taken whole (`measureUntil`): text and the offset behind each line.
 * @returns the lines that are complete; the rest of the bytes is a line still coming
 */
export function* linesOf(bytes: Buffer): Generator<{ readonly text: string; readonly end: number }> {
  let start = 0;
  for (let lf = bytes.indexOf(LF); lf >= 0; lf = bytes.indexOf(LF, start)) {
    yield { text: lineText(bytes.subarray(start, lf + 1)), end: lf + 1 };
    start = lf + 1;
  }
}

/** A message of several lines that ends with the first line `isLast` accepts. @param limit bytes it may have in all */
export function measureUntil(isLast: (line: string, index: number) => boolean, limit: number): (bytes: Buffer) => Measured {
  return (bytes) => {
    let index = 0;
    for (const { text, end } of linesOf(bytes)) {
      if (end > limit) break;
      if (isLast(text, index)) return whole(end);
      index += 1;
    }
    return bytes.length > limit ? refused(`an answer of more than ${limit} bytes`) : NEED_MORE;
  };
}

/** True when `text` begins with `prefix`, in any case. ASCII only, so a locale cannot change it. */
export function startsWith(text: string, prefix: string): boolean {
  return upper(text.slice(0, prefix.length)) === upper(prefix);
}

/** Upper case of ASCII letters alone. */
export function upper(text: string): string {
  let result = '';
  for (const character of text) result += character >= 'a' && character <= 'z' ? character.toUpperCase() : character;
  return result;
}

/** The first word of a command line in upper case: `ehlo example.org` is `EHLO`. */
export function verbOf(line: string): string {
  return upper(line.trimStart().split(' ', 1)[0] ?? '').trimEnd();
}
