/** The head of an HTTP/1 response (RFC 9112), as far as a CONNECT client needs it, and its body where a second request has to follow. */

import type { LegName } from '../sockets/leg.ts';
import type { Conversation } from './conversation.ts';
import { failed, quoted, readExactly } from './conversation.ts';
import { readLine, startsWith } from './lines.ts';

/** A body is read only to be thrown away: it has to fit into what a dialogue may take in. */
const MAX_BODY_BYTES = 48 * 1024;
const MAX_CHUNKS = 256;

export interface ResponseHead {
  readonly status: number;
  readonly statusLine: string;
  /** Lower-case name, value without surrounding blanks, in the order they came. */
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}

/**
 * Reads the status line and all header lines; names in lower case. What is no HTTP, or a line or head that is too long, ends the connection.
 * @param secrets that were in the request, see `quoted`
 */
export function* readHead(leg: LegName, secrets: readonly string[]): Conversation<ResponseHead> {
  const statusLine = yield* readLine(leg);
  const status = parseStatus(statusLine);
  if (status === undefined) throw failed(`The ${leg} sent no HTTP response but ${quoted(statusLine, secrets)}`);
  const headers: { name: string; value: string }[] = [];
  for (;;) {
    const line = yield* readLine(leg);
    if (line === '') return { status, statusLine, headers };
    const colon = line.indexOf(':');
    if (colon > 0) headers.push({ name: line.slice(0, colon).toLowerCase(), value: line.slice(colon + 1).trim() });
  }
}

/** All values of one header. @param name in lower case */
export function valuesOf(head: ResponseHead, name: string): string[] {
  return head.headers.filter((header) => header.name === name).map((header) => header.value);
}

/** Reads the body of a response after which the connection stays open, and forgets it (RFC 9112 section 6.3). */
export function* skipBody(leg: LegName, head: ResponseHead): Conversation {
  if (valuesOf(head, 'transfer-encoding').some((value) => value.toLowerCase() === 'chunked')) {
    yield* skipChunks(leg);
    return;
  }
  const [length] = valuesOf(head, 'content-length').map(parseLength);
  if (length === undefined || length > MAX_BODY_BYTES) throw failed(`The ${leg} sent a body without a usable length`);
  yield* readExactly(leg, length);
}

function* skipChunks(leg: LegName): Conversation {
  for (let count = 0; count < MAX_CHUNKS; count += 1) {
    const line = yield* readLine(leg);
    const size = parseChunkSize(line.split(';', 1)[0] ?? '');
    if (size === undefined || size > MAX_BODY_BYTES) throw failed(`The ${leg} sent a chunk of ${quoted(line)}`);
    if (size === 0) {
      while ((yield* readLine(leg)) !== '');
      return;
    }
    yield* readExactly(leg, size);
    yield* readLine(leg);
  }
  throw failed(`The ${leg} sent more than ${MAX_CHUNKS} chunks`);
}

/** `HTTP/1.1 200 Connection established` is 200. */
function parseStatus(line: string): number | undefined {
  if (!startsWith(line, 'HTTP/1.0 ') && !startsWith(line, 'HTTP/1.1 ')) return undefined;
  const digits = line.slice(9, 12);
  return isNumber(digits, '0123456789') && (line.length === 12 || line[12] === ' ') ? Number(digits) : undefined;
}

function parseLength(text: string): number | undefined {
  return text.length <= 9 && isNumber(text, '0123456789') ? Number(text) : undefined;
}

function parseChunkSize(text: string): number | undefined {
  const trimmed = text.trim().toLowerCase();
  return trimmed.length <= 8 && isNumber(trimmed, '0123456789abcdef') ? Number.parseInt(trimmed, 16) : undefined;
}

function isNumber(text: string, digits: string): boolean {
  for (const character of text) if (!digits.includes(character)) return false;
  return text !== '';
}
