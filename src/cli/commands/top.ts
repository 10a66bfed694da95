/** `overcoat top`: the open connections, live. The terminal is given back as it was, however it ends. */
import { emitKeypressEvents } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { OvercoatError } from '../../errors.ts';
import type { ConnectionAnswer, StatusAnswer } from '../control/answers.ts';
import { ask, askFor } from '../control/ask.ts';
import { findControl } from '../control/find.ts';
import { FIRST_STATE, pressed } from '../control/top-keys.ts';
import { firstShown, roomFor, topQuery, topScreen } from '../control/top-screen.ts';
import { print } from '../terminal/print.ts';

const EVERY_MS = 1000;
const FALLBACK = { columns: 80, rows: 24 } as const;

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const REST_OF_LINE = '\u001b[K';
const REST_OF_SCREEN = '\u001b[J';

/** As `emitKeypressEvents` gives it. */
interface Keypress {
  readonly name?: string;
  readonly ctrl?: boolean;
}

/** @returns the exit code */
export async function top(control: string | undefined): Promise<number> {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY)
    throw new OvercoatError('control_refused', 'top needs a terminal; for scripts: overcoat connections --json');
  const path = await findControl(control);
  const color = (process.env['NO_COLOR'] ?? '') === '';
  const over = new AbortController();
  let woken = new AbortController();
  let state = FIRST_STATE;
  let shown: readonly ConnectionAnswer[] = [];
  let first = 0;
  /** Whose end was asked about: by the answer another one may stand on its line. */
  let asked: ConnectionAnswer | undefined;
  let ending: ConnectionAnswer | undefined;
  let notice = '';
  const onKey = (text: string | undefined, { name = '', ctrl = false }: Keypress): void => {
    const typed = text !== undefined && text.length === 1 && text > ' ' ? text : name; // readline has capitals in small letters
    const [next, wish] = pressed(state, { name: ctrl ? name : typed, ctrl }, roomFor(stdout.rows ?? FALLBACK.rows));
    if (next.asking && !state.asking) asked = shown[next.selected - first];
    state = next;
    notice = '';
    if (wish === 'quit') over.abort();
    if (wish === 'end') ending = asked;
    woken.abort();
  };
  const onResize = (): void => woken.abort();
  const onSignal = (): void => {
    over.abort();
    woken.abort();
  };
  emitKeypressEvents(stdin);
  stdin.setRawMode(true).on('keypress', onKey).resume();
  stdout.on('resize', onResize);
  process.on('SIGTERM', onSignal).on('SIGHUP', onSignal);
  print(ENTER);
  try {
    while (!over.signal.aborted) {
      if (ending !== undefined) notice = await endOf(path, ending);
      ending = undefined;
      const status = await askFor<StatusAnswer>(path, '/api/v1/status');
      const { columns: width = FALLBACK.columns, rows: height = FALLBACK.rows } = stdout;
      state = { ...state, selected: Math.min(state.selected, Math.max(0, status.open - 1)) };
      const drawn = { ...state, height }; // a key may come while it is asked
      const { connections } = await askFor<{ connections: readonly ConnectionAnswer[] }>(path, `/api/v1/connections?${topQuery(drawn)}`);
      shown = connections;
      first = firstShown(drawn.selected, height);
      const foot = state.asking ? questionOf(asked) : notice;
      const lines = topScreen(status, shown, { ...drawn, notice: foot, width, color });
      print(`${HOME}${lines.map((line) => `${line}${REST_OF_LINE}`).join('\r\n')}${REST_OF_SCREEN}`);
      if (woken.signal.aborted && !over.signal.aborted) {
        woken = new AbortController();
        continue; // a key came while it was asked
      }
      await delay(EVERY_MS, undefined, { signal: woken.signal }).catch(() => undefined);
      woken = new AbortController();
    }
    return 0;
  } finally {
    stdin.off('keypress', onKey).setRawMode(false).pause();
    stdout.off('resize', onResize);
    print(LEAVE);
  }
}

function questionOf(asked: ConnectionAnswer | undefined): string {
  return asked === undefined
    ? 'there is no connection to end'
    : `end connection ${asked.connection} of ${asked.client}? y, or any other key`;
}

async function endOf(path: string, { connection }: ConnectionAnswer): Promise<string> {
  const { code } = await ask(path, `/api/v1/connections/${connection}/end`, { method: 'POST' });
  return code === 200 ? `connection ${connection} was ended` : `connection ${connection} had ended before`;
}
