/** One picture of `overcoat top`: lines that fit the terminal, no more of them than it has. Pure text; keys are in `top-keys.ts`. */
import { MAX_LINE_BYTES, printable } from '../../text/printable.ts';
import { ageText, rateText } from '../../text/units.ts';
import type { ConnectionAnswer, StatusAnswer } from './answers.ts';
import { columns } from './columns.ts';
import { CONNECTION_TITLES, connectionRow } from './status-screen.ts';

export const SORTS = ['rate', 'age', 'bytes'] as const;
export type Sort = (typeof SORTS)[number];

export interface TopView {
  readonly sort: Sort;
  /** The least first. */
  readonly inverted: boolean;
  /** Which of all the sorted connections is selected, from 0. */
  readonly selected: number;
  /** In the place of the connections. */
  readonly help: boolean;
  /** The last line; '' for the usual one. */
  readonly notice: string;
  readonly width: number;
  readonly height: number;
  readonly color: boolean;
}

const REVERSE = '\u001b[7m';
const YELLOW = '\u001b[33m';
const CYAN = '\u001b[36m';
const PLAIN = '\u001b[0m';

/** As htop has them, and the first letters of what is sorted by. */
const HELP = [
  'P r        sort by rate',
  'T a        sort by age',
  'M b        sort by bytes',
  'F6 > <     the next sort, the one before',
  'I          the other way round',
  'up down    select; also PgUp PgDn Home End',
  'F9 k       end the selected connection',
  'h ? F1     this help, and back',
  'q F10      quit',
] as const;
const HEAD_LINES = 2;

/** Lines of connections on a terminal of that height, between the head, the titles and the foot. */
export function roomFor(height: number): number {
  return Math.max(0, height - HEAD_LINES - 2);
}

/** What of the sorted connections is on a terminal of that height: the selected one is in sight. */
export function firstShown(selected: number, height: number): number {
  return Math.max(0, selected - roomFor(height) + 1);
}

/** How a process is asked for the part that is shown: it sorts them. */
export function topQuery({ sort, inverted, selected, height }: Pick<TopView, 'sort' | 'inverted' | 'selected' | 'height'>): string {
  const oldestFirst = sort === 'age';
  const order = oldestFirst === inverted ? 'desc' : 'asc';
  return `sort=${oldestFirst ? 'started' : sort}&order=${order}&offset=${firstShown(selected, height)}&limit=${roomFor(height)}`;
}

/** @param shown those from `firstShown` on, in their order */
export function topScreen(status: StatusAnswer, shown: readonly ConnectionAnswer[], view: TopView): readonly string[] {
  const { sort, inverted, selected, help, notice, width, height, color } = view;
  const ready = status.ready ? 'ready' : `not ready: ${status.reasons.join('; ')}`;
  const head = [
    `overcoat ${status.version}  up ${ageText(status.uptimeSeconds)}  ${ready}`,
    `${status.open} open  ${status.silent} silent  ${rateText(status.bytesPerSecond)}  ${status.accepted} accepted  ${status.failed} failed`,
  ];
  const room = roomFor(height);
  const first = firstShown(selected, height);
  const [titles = '', ...rows] = columns(CONNECTION_TITLES, shown.map(connectionRow));
  const usual = `sorted by ${sort}${inverted ? ', least first' : ''}  P rate  T age  M bytes  I invert  F9 end  F1 help  q quit`;
  const paint = (line: string, how: string): string => (color && how !== '' ? `${how}${line}${PLAIN}` : line);
  const cut = (line: string): string => printable(line, MAX_LINE_BYTES).slice(0, width);
  const table = rows.map((row, index) => {
    const isSelected = first + index === selected;
    const silent = shown[index]?.silent === true;
    return paint(cut(`${isSelected ? '>' : ' '} ${row}`), isSelected ? CYAN : silent ? YELLOW : '');
  });
  return [
    ...head.map(cut),
    paint(cut(`  ${titles}`).padEnd(color ? width : 0), REVERSE),
    ...(help ? HELP.slice(0, room).map(cut) : table),
    cut(notice === '' ? usual : notice),
  ].slice(0, height);
}
