/** The form of the table in which each kind of event has its level and its lines, side by side. */
import type { LogLevel } from '../../config/config.ts';
import type { EventContext, EventKind, EventOf, OvercoatEvent } from '../events.ts';

export interface LogLine {
  readonly level: LogLevel;
  /** Without stamp and id; fields that a peer chose are escaped and cut, the whole is not yet. */
  readonly text: string;
}

/** Levels by the names syslog(3) gives them. */
export const ERROR = 3;
export const WARNING = 4;
export const NOTICE = 5;
export const INFO = 6;
export const DEBUG = 7;

/** Beyond every level of a log. */
const NEVER = 8;

/** The most urgent level among the lines of an event. */
export type Urgency = LogLevel | typeof NEVER;

/** How one kind of event reads: a single line at the level, or several with levels of their own. */
export type Row<Event extends OvercoatEvent> = {
  /** The most urgent level among its lines: if that is not wanted, none is. It may depend on the event, and then counts as the most urgent of all before there is one. */
  readonly level: Urgency | ((event: Event) => Urgency);
} & (
  | { readonly text: string | ((event: Event, context: EventContext) => string) }
  | { readonly lines: (event: Event, context: EventContext) => readonly LogLine[] }
);

export type Rows<Kind extends EventKind> = { readonly [Each in Kind]: Row<EventOf<Each>> };

/** The row of an event that is for counts and records only. */
export const UNLOGGED = { level: NEVER, lines: (): readonly LogLine[] => [] } as const;
