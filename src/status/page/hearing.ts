/** Whether the process is heard, whether it wants a token, and whether somebody has paused the page: one state for all that ask. */
import { useEffect, useState } from 'preact/hooks';
import { Refused } from './ask.ts';

export interface Hearing {
  /** Since when nobody answers, in milliseconds since 1970; undefined: it is heard. */
  readonly lostAt: number | undefined;
  readonly why: string;
  /** `wrong`: the one that was given is not it. */
  readonly token: 'fine' | 'needed' | 'wrong';
  readonly paused: boolean;
  /** Grows when everything is to be asked again at once. */
  readonly round: number;
}

let hearing: Hearing = { lostAt: undefined, why: '', token: 'fine', paused: false, round: 0 };
const listeners = new Set<(now: Hearing) => void>();

export function useHearing(): Hearing {
  const [state, setState] = useState(hearing);
  useEffect(() => {
    listeners.add(setState);
    setState(hearing);
    return () => void listeners.delete(setState);
  }, []);
  return state;
}

export function heard(): void {
  if (hearing.lostAt !== undefined || hearing.token !== 'fine') change({ lostAt: undefined, why: '', token: 'fine' });
}

export function unheard(cause: unknown): void {
  if (cause instanceof Refused && cause.status === 401) change({ token: cause.withToken ? 'wrong' : 'needed' });
  else {
    const why = cause instanceof Refused ? cause.message : 'it does not answer';
    if (hearing.lostAt === undefined || hearing.why !== why) change({ lostAt: hearing.lostAt ?? Date.now(), why });
  }
}

export function setPaused(paused: boolean): void {
  change({ paused, round: hearing.round + 1 });
}

/** Whatever is shown is asked for again now. */
export function askAgain(): void {
  change({ round: hearing.round + 1 });
}

function change(changes: Partial<Hearing>): void {
  hearing = { ...hearing, ...changes };
  for (const tell of listeners) tell(hearing);
}
