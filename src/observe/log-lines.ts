/**
 * Events to log lines. The one table of them has a row for each kind with its level and its text (lines/), and nobody else writes
 * text for an event. The wording is stunnel's where stunnel has a line for it, because programs search logs for it. A line that is
 * not wanted costs a look at its level and no text.
 */
import type { EventContext, EventKind, OvercoatEvent } from './events.ts';
import { CONNECTION_ROWS } from './lines/connection.ts';
import { DAEMON_ROWS } from './lines/daemon.ts';
import { OCSP_ROWS } from './lines/ocsp.ts';
import type { LogLine, Row, Rows, Urgency } from './lines/row.ts';
import { TLS_ROWS } from './lines/tls.ts';

const TABLE: Rows<EventKind> = { ...CONNECTION_ROWS, ...TLS_ROWS, ...OCSP_ROWS, ...DAEMON_ROWS };

/** A row as every event asks it. All have one form, since an object that may have several is looked into slowly. */
interface Reader {
  /** The most urgent level that any event of the kind may have. */
  readonly most: Urgency;
  /** undefined: that is the level of all. */
  readonly urgency: ((event: OvercoatEvent) => Urgency) | undefined;
  readonly lines: (event: OvercoatEvent, context: EventContext) => readonly LogLine[];
}

const READERS: ReadonlyMap<EventKind, Reader> = new Map(
  Object.entries(TABLE).map(([kind, row]) => [kind as EventKind, readerOf(row as unknown as Row<OvercoatEvent>)]),
);

function readerOf(row: Row<OvercoatEvent>): Reader {
  const { level } = row;
  const urgency = typeof level === 'function' ? level : undefined;
  const most = typeof level === 'function' ? 0 : level;
  if ('lines' in row) return { most, urgency, lines: row.lines };
  const { text } = row;
  const textOf = typeof text === 'function' ? text : (): string => text;
  const lines: Reader['lines'] = (event, context) => [
    { level: (urgency?.(event) ?? most) as LogLine['level'], text: textOf(event, context) },
  ];
  return { most, urgency, lines };
}

/** Every kind has one, which the compiler sees of the table alone. */
function readerFor(kind: EventKind): Reader {
  return READERS.get(kind) as Reader;
}

/** The most urgent level among the lines of an event: if that is not wanted, none is. */
export function urgencyOf(event: OvercoatEvent): Urgency {
  const { most, urgency } = readerFor(event.kind);
  return urgency === undefined ? most : urgency(event);
}

/** The most urgent level that any event of this kind may have. */
export function urgencyOfKind(kind: EventKind): Urgency {
  return readerFor(kind).most;
}

/** All lines of an event in the order they are written; the caller leaves out those above its level. */
export function linesOf(event: OvercoatEvent, context: EventContext): readonly LogLine[] {
  return readerFor(event.kind).lines(event, context);
}
