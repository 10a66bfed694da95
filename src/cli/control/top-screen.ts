/** One picture of `overcoat top`: lines that fit the terminal, no more of them than it has. Pure text; keys are in `commands/top.ts`. */
import { MAX_LINE_BYTES, printable } from '../../text/printable.ts';
import { ageText, rateText } from '../../text/units.ts';
import type { ConnectionAnswer, StatusAnswer } from './answers.ts';
import { columns } from './columns.ts';
import { CONNECTION_TITLES, connectionRow } from './status-screen.ts';

export const SORTS = ['rate', 'age', 'bytes'] as const;
export type Sort = (typeof SORTS)[number];

export interface TopView {
  readonly sort: Sort;
  /** The first connection that is shown. */
  readonly offset: number;
  readonly width: number;
  readonly height: number;
  readonly color: boolean;
}

const REVERSE = '\u001b[7m';
const YELLOW = '\u001b[33m';
const PLAIN = '\u001b[0m';

export function topScreen(status: StatusAnswer, connections: readonly ConnectionAnswer[], view: TopView): readonly string[] {
  const { sort, offset, width, height, color } = view;
  const ready = status.ready ? 'ready' : `not ready: ${status.reasons.join('; ')}`;
  const head = [
    `overcoat ${status.version}  up ${ageText(status.uptimeSeconds)}  ${ready}`,
    `${status.open} open  ${status.silent} silent  ${rateText(status.bytesPerSecond)}  ${status.accepted} accepted  ${status.failed} failed`,
  ];
  const sorted = connections.toSorted((a, b) => weight(b, sort) - weight(a, sort)).slice(offset);
  const [titles = '', ...rows] = columns(CONNECTION_TITLES, sorted.map(connectionRow));
  const foot = `sorted by ${sort}  r rate  a age  b bytes  arrows scroll  q quit`;
  const room = Math.max(0, height - head.length - 2);
  const paint = (line: string, how: string): string => (color && how !== '' ? `${how}${line}${PLAIN}` : line);
  const cut = (line: string): string => printable(line, MAX_LINE_BYTES).slice(0, width);
  return [
    ...head.map(cut),
    paint(cut(titles).padEnd(color ? width : 0), REVERSE),
    ...rows.slice(0, room).map((row, index) => paint(cut(row), sorted[index]?.silent === true ? YELLOW : '')),
    cut(foot),
  ].slice(0, height);
}

function weight({ bytesPerSecond, seconds, toTls, toPlain }: ConnectionAnswer, sort: Sort): number {
  if (sort === 'rate') return bytesPerSecond;
  return sort === 'age' ? seconds : toTls + toPlain;
}
