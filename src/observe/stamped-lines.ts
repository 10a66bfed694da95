/** Events as finished log lines, stamp and id included. */
import type { LogLevel } from '../config/config.ts';
import { MAX_LINE_BYTES, printable } from '../text/printable.ts';
import type { EventContext, OvercoatEvent } from './events.ts';
import { linesOf, urgencyOf } from './log-lines.ts';
import { timeStamp } from './time-stamp.ts';

export interface StampedLine {
  readonly level: LogLevel;
  /** `YYYY.MM.DD HH:MM:SS` */
  readonly stamp: string;
  /** `LOG5[0]: text`, not cut yet */
  readonly text: string;
}

const NONE: readonly StampedLine[] = [];

/**
 * The lines of an event that are wanted at this level, in the order they are written. An unwanted event costs a look at its level.
 * @param at when it happened, in milliseconds since 1970; undefined: now
 */
export function stampedLines(event: OvercoatEvent, context: EventContext, limit: LogLevel, at?: number): readonly StampedLine[] {
  if (urgencyOf(event) > limit) return NONE;
  const wanted = linesOf(event, context).filter((line) => line.level <= limit);
  return wanted.map(({ level, text }) => ({
    level,
    stamp: timeStamp(at),
    text: `LOG${level}[${context.id}]: ${printable(text, MAX_LINE_BYTES)}`,
  }));
}
