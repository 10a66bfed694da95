/** Replies of SMTP, LMTP and NNTP: a three-digit code, several lines joined by `-` behind the code (RFC 5321 section 4.2). */

import type { LegName } from '../sockets/leg.ts';
import type { Conversation } from './conversation.ts';
import { failed, quoted } from './conversation.ts';
import { readLine } from './lines.ts';

export interface Reply {
  readonly code: number;
  /** The lines without code, separator and line end. */
  readonly lines: readonly string[];
}

const DIGIT_ZERO = 48;

/** The code at the start of a reply line, and whether more lines follow; undefined when it is no such line. */
export function parseReplyLine(line: string): { readonly code: number; readonly last: boolean; readonly text: string } | undefined {
  const separator = line[3] ?? ' ';
  if (separator !== ' ' && separator !== '-') return undefined;
  let code = 0;
  for (let index = 0; index < 3; index += 1) {
    const digit = line.charCodeAt(index) - DIGIT_ZERO;
    if (!(digit >= 0 && digit <= 9)) return undefined;
    code = code * 10 + digit;
  }
  return code < 100 ? undefined : { code, last: separator === ' ', text: line.slice(4) };
}

/** Reads a whole reply. All its lines must have one code; anything else ends the connection. @param secrets what it may answer to, see `quoted` */
export function* readReply(leg: LegName, secrets: readonly string[] = []): Conversation<Reply> {
  const lines: string[] = [];
  let code: number | undefined;
  for (;;) {
    const line = yield* readLine(leg);
    const parsed = parseReplyLine(line);
    if (parsed === undefined || (code !== undefined && parsed.code !== code))
      throw failed(`The ${leg} sent no reply but ${quoted(line, secrets)}`);
    code = parsed.code;
    lines.push(parsed.text);
    if (parsed.last) return { code, lines };
  }
}

/** Reads a reply that must have this code. @param what it was the answer to, for the message: `STARTTLS`. @param secrets that were in it, see `quoted` */
export function* expectReply(leg: LegName, code: number, what: string, secrets: readonly string[] = []): Conversation<Reply> {
  const reply = yield* readReply(leg, secrets);
  if (reply.code !== code) throw failed(`The ${leg} answered ${what} with ${quoted(`${reply.code} ${reply.lines.join(' ')}`, secrets)}`);
  return reply;
}

/** The lines of a reply as they go over the wire. */
export function formatReply({ code, lines }: Reply): string {
  return lines.map((line, index) => `${code}${index === lines.length - 1 ? ' ' : '-'}${line}\r\n`).join('');
}
