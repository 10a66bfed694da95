/** `overcoat top`: the open connections, live. The terminal is given back as it was, however it ends. */
import { setTimeout as delay } from 'node:timers/promises';
import { OvercoatError } from '../../errors.ts';
import type { ConnectionAnswer, StatusAnswer } from '../control/answers.ts';
import { askFor } from '../control/ask.ts';
import { findControl } from '../control/find.ts';
import type { Sort } from '../control/top-screen.ts';
import { topScreen } from '../control/top-screen.ts';
import { print } from '../print.ts';

const EVERY_MS = 1000;
const MOST = 5000;
const FALLBACK = { columns: 80, rows: 24 } as const;

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const REST_OF_LINE = '\u001b[K';
const REST_OF_SCREEN = '\u001b[J';

const SORT_KEYS: ReadonlyMap<string, Sort> = new Map([
  ['r', 'rate'],
  ['a', 'age'],
  ['b', 'bytes'],
]);
const QUIT = new Set(['q', 'Q', '\u0003', '\u001b']);
const DOWN = new Set(['j', '\u001b[B']);
const UP = new Set(['k', '\u001b[A']);

/** @returns the exit code */
export async function top(control: string | undefined): Promise<number> {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY)
    throw new OvercoatError('control_refused', 'top needs a terminal; for scripts: overcoat connections --json');
  const path = await findControl(control);
  let sort: Sort = 'rate';
  let offset = 0;
  const over = new AbortController();
  let woken = new AbortController();
  const onKey = (key: string): void => {
    if (QUIT.has(key)) over.abort();
    sort = SORT_KEYS.get(key) ?? sort;
    if (DOWN.has(key)) offset += 1;
    if (UP.has(key)) offset = Math.max(0, offset - 1);
    woken.abort();
  };
  const onResize = (): void => woken.abort();
  const onSignal = (): void => {
    over.abort();
    woken.abort();
  };
  stdin.setRawMode(true).setEncoding('utf8').on('data', onKey).resume();
  stdout.on('resize', onResize);
  process.on('SIGTERM', onSignal).on('SIGHUP', onSignal);
  print(ENTER);
  try {
    while (!over.signal.aborted) {
      const status = await askFor<StatusAnswer>(path, '/api/v1/status');
      const { connections } = await askFor<{ connections: readonly ConnectionAnswer[] }>(path, `/api/v1/connections?limit=${MOST}`);
      offset = Math.min(offset, Math.max(0, connections.length - 1));
      const { columns: width = FALLBACK.columns, rows: height = FALLBACK.rows } = stdout;
      const lines = topScreen(status, connections, { sort, offset, width, height, color: (process.env['NO_COLOR'] ?? '') === '' });
      print(`${HOME}${lines.map((line) => `${line}${REST_OF_LINE}`).join('\r\n')}${REST_OF_SCREEN}`);
      woken = new AbortController();
      await delay(EVERY_MS, undefined, { signal: woken.signal }).catch(() => undefined);
    }
    return 0;
  } finally {
    print(LEAVE);
    stdin.off('data', onKey).setRawMode(false).pause();
    stdout.off('resize', onResize);
  }
}
