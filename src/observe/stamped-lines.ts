/** Events as finished log lines, stamp and id included. */
import type { LogLevel } from '../config/config.ts';
import type { ErrorCode } from '../errors.ts';
import { MAX_LINE_BYTES, printable } from '../text/printable.ts';
import type { EventContext, EventKind, OvercoatEvent } from './events.ts';
import { linesOf } from './log-lines.ts';
import { timeStamp } from './time-stamp.ts';

/** What a sink writes. */
export interface WrittenLine {
  readonly level: LogLevel;
  /** `YYYY.MM.DD HH:MM:SS`; '' before what has a time of its own and is written whole (JSON). */
  readonly stamp: string;
  /** Without its line feed. */
  readonly text: string;
  /** The same in pieces, for a sink that takes them apart. */
  readonly facts?: object;
}

export interface StampedLine extends WrittenLine {
  /** `LOG5[0]: text`, not cut yet */
  readonly text: string;
  readonly facts: LineFacts;
}

export interface LineFacts {
  /** In milliseconds since 1970. */
  readonly at: number;
  /** What stands in the brackets. */
  readonly id: string;
  readonly service: string | undefined;
  /** The number of the connection; undefined: it is about none. */
  readonly connection: number | undefined;
  /** Of a failure. */
  readonly code: ErrorCode | undefined;
  readonly event: EventKind;
  readonly text: string;
}

/**
 * The lines of an event that are wanted at this level, in the order they are written. Ask `urgencyOf` first: most events have none.
 * @param happened in milliseconds since 1970; undefined: now
 */
export function stampedLines(event: OvercoatEvent, context: EventContext, limit: LogLevel, happened?: number): readonly StampedLine[] {
  const { id, service, connection } = context;
  const code = codeOf(event);
  const at = happened ?? Date.now();
  const lines: StampedLine[] = [];
  for (const { level, text: said } of linesOf(event, context)) {
    if (level > limit) continue;
    const text = printable(said, MAX_LINE_BYTES);
    const facts: LineFacts = { at, id, service: service?.name, connection, code, event: event.kind, text };
    lines.push({ level, stamp: timeStamp(at), text: `LOG${level}[${id}]: ${text}`, facts });
  }
  return lines;
}

function codeOf(event: OvercoatEvent): ErrorCode | undefined {
  if (event.kind === 'closed') return event.reason.kind === 'failed' ? event.reason.code : undefined;
  return 'code' in event && typeof event.code === 'string' ? event.code : undefined;
}

/** How syslog(3) calls the levels. */
const LEVEL_NAMES = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const;

/** `logFormat = json`: one object, with a time as RFC 3339 has it; what is not known is left out. */
export function jsonLine({ level, facts }: StampedLine): WrittenLine {
  const { at, ...rest } = facts;
  const entry = { time: new Date(at).toISOString(), level: LEVEL_NAMES[level], ...rest };
  return { level, stamp: '', text: JSON.stringify(entry), facts: entry };
}
