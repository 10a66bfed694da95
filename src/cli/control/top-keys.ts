/** What each key of `overcoat top` does: htop's keys where it has one for it. Pure: a state and a key give the next state. */
import type { Sort } from './top-screen.ts';
import { SORTS } from './top-screen.ts';

export interface TopState {
  readonly sort: Sort;
  readonly inverted: boolean;
  /** Which of the sorted connections, from 0. */
  readonly selected: number;
  readonly help: boolean;
  /** The end of the selected connection waits for a `y`. */
  readonly asking: boolean;
}

/** What a key wants beyond another state. */
export type TopWish = 'quit' | 'end' | undefined;

export const FIRST_STATE: TopState = { sort: 'rate', inverted: false, selected: 0, help: false, asking: false };

/** A key as `node:readline` names it: `up`, `f9`, or what it types. */
export interface Key {
  readonly name: string;
  readonly ctrl: boolean;
}

const SORT_KEYS: ReadonlyMap<string, Sort> = new Map([
  ['P', 'rate'],
  ['r', 'rate'],
  ['T', 'age'],
  ['a', 'age'],
  ['M', 'bytes'],
  ['b', 'bytes'],
]);
const QUIT: ReadonlySet<string> = new Set(['q', 'Q', 'f10']);
const HELP: ReadonlySet<string> = new Set(['h', '?', 'f1']);
const END: ReadonlySet<string> = new Set(['k', 'f9']);
const NEXT_SORT: ReadonlySet<string> = new Set(['f6', '>', '.']);

/** @param page connections that one screen has */
export function pressed(state: TopState, { name, ctrl }: Key, page: number): readonly [TopState, TopWish] {
  if (ctrl) return [state, name === 'c' ? 'quit' : undefined];
  if (state.asking) return [{ ...state, asking: false }, name === 'y' ? 'end' : undefined];
  if (QUIT.has(name)) return [state, 'quit'];
  if (HELP.has(name)) return [{ ...state, help: !state.help }, undefined];
  if (END.has(name)) return [{ ...state, asking: true }, undefined];
  if (name === 'I') return [{ ...state, inverted: !state.inverted }, undefined];
  if (NEXT_SORT.has(name)) return [{ ...state, sort: sortBeside(state.sort, 1) }, undefined];
  if (name === '<' || name === ',') return [{ ...state, sort: sortBeside(state.sort, -1) }, undefined];
  const sort = SORT_KEYS.get(name) ?? state.sort;
  return [{ ...state, sort, selected: Math.max(0, movedTo(state.selected, name, page)) }, undefined];
}

function sortBeside(sort: Sort, step: number): Sort {
  return SORTS[(SORTS.indexOf(sort) + step + SORTS.length) % SORTS.length] ?? sort;
}

/** Beyond the last connection is the last one: whoever draws knows which that is. */
function movedTo(selected: number, name: string, page: number): number {
  switch (name) {
    case 'up':
      return selected - 1;
    case 'down':
      return selected + 1;
    case 'pageup':
      return selected - page;
    case 'pagedown':
      return selected + page;
    case 'home':
      return 0;
    case 'end':
      return Number.MAX_SAFE_INTEGER;
    default:
      return selected;
  }
}
