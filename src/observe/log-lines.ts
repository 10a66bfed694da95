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

const ROWS: Rows<EventKind> = { ...CONNECTION_ROWS, ...TLS_ROWS, ...OCSP_ROWS, ...DAEMON_ROWS };

/** The most urgent level among the lines of an event: if that is not wanted, none is. */
export function urgencyOf(event: OvercoatEvent): Urgency {
  const { level } = rowOf(event);
  return typeof level === 'function' ? level(event) : level;
}

/** The most urgent level that any event of this kind may have. */
export function urgencyOfKind(kind: EventKind): Urgency {
  const { level } = ROWS[kind];
  return typeof level === 'function' ? 0 : level;
}

/** All lines of an event in the order they are written; the caller leaves out those above its level. */
export function linesOf(event: OvercoatEvent, context: EventContext): readonly LogLine[] {
  const row = rowOf(event);
  if ('lines' in row) return row.lines(event, context);
  const level = typeof row.level === 'function' ? row.level(event) : row.level;
  return [{ level: level as LogLine['level'], text: typeof row.text === 'function' ? row.text(event, context) : row.text }];
}

/** The compiler cannot see that the row of an event's kind takes that event. */
function rowOf(event: OvercoatEvent): Row<OvercoatEvent> {
  return ROWS[event.kind] as unknown as Row<OvercoatEvent>;
}
