/** Answers that are asked for again and again while somebody sees them. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { History } from './answers.ts';
import { ask, Refused } from './ask.ts';
import { heard, unheard, useHearing } from './hearing.ts';

/** Bit rates are to be seen moving, and a round costs the process some milliseconds, with thousands of connections some tens of them. */
const EVERY_MS = 2000;
const EVERY_MS_OF_MANY = 5000;
const MANY = 1000;
let everyMs = EVERY_MS;

/** @param open how many connections there are */
export function setPace(open: number): void {
  everyMs = open > MANY ? EVERY_MS_OF_MANY : EVERY_MS;
}

/** What does not change while a process serves; asked for again with everything else that somebody has ordered, and when it is heard again. */
export function useOnce<Answer>(path: string): Answer | undefined {
  const { round, token, lostAt } = useHearing();
  const [answer, setAnswer] = useState<Answer>();
  const isLost = lostAt !== undefined;
  useEffect(() => void ask<Answer>(path).then(setAnswer, unheard), [path, round, token, isLost]);
  return answer;
}

/** The newest answer; the one before while a new path is being asked for; undefined before the first, and `gone` where there is none. */
export function usePolled<Answer>(path: string): Answer | undefined | 'gone' {
  const [answer, setAnswer] = useState<Answer | 'gone'>();
  useRounds(async (isOver) => {
    try {
      const value = await ask<Answer>(path);
      if (!isOver()) setAnswer(() => value);
      heard();
    } catch (cause) {
      if (isOver()) return;
      if (cause instanceof Refused && cause.status === 404) setAnswer(() => 'gone');
      else unheard(cause);
    }
  }, path);
  return answer;
}

/** As `usePolled`, for what is always there. */
export function useAnswer<Answer>(path: string): Answer | undefined {
  const answer = usePolled<Answer>(path);
  return answer === 'gone' ? undefined : answer;
}

const KEPT_STEPS = 720;

export interface Throughput {
  /** Seconds since 1970. */
  readonly at: readonly number[];
  /** Bits a second both ways, one for each of `at`, by service. */
  readonly services: ReadonlyMap<string, readonly number[]>;
}

/** The last hour; only what is new is asked for. */
export function useThroughput(): Throughput {
  const [kept, setKept] = useState<Throughput>({ at: [], services: new Map() });
  const next = useRef(0);
  const last = useRef(0);
  useRounds(async (isOver) => {
    try {
      const from = next.current;
      const history = await ask<History>(`/api/v1/history?from=${from}`);
      if (isOver()) return;
      // Another process answers, or somebody has set the clock back: all of it has other times then.
      const anew = history.next < from || (from > 0 && secondsOf(history.at[0]) <= last.current);
      next.current = anew ? 0 : history.next;
      last.current = secondsOf(history.at.at(-1)) || last.current;
      if (anew || history.at.length > 0) setKept((before) => joined(from === 0 || anew ? undefined : before, history));
      heard();
    } catch (cause) {
      if (!isOver()) unheard(cause);
    }
  }, 'history');
  return kept;
}

/** Since 1970; NaN where there is none. */
function secondsOf(text: string | undefined): number {
  return Date.parse(text ?? '') / 1000;
}

function joined(before: Throughput | undefined, { at, services }: History): Throughput {
  const old = before?.at ?? [];
  const times = [...old, ...at.map(secondsOf)].slice(-KEPT_STEPS);
  const silence = old.map(() => 0);
  return {
    at: times,
    services: new Map(
      services.map(({ name, toTls, toPlain }) => {
        const bits = toTls.map((value, step) => (value + (toPlain[step] ?? 0)) * 8);
        return [name, [...(before?.services.get(name) ?? silence), ...bits].slice(-KEPT_STEPS)];
      }),
    ),
  };
}

/** Runs work now and again after it, as long as the page is seen and not paused. @param key another one begins anew */
function useRounds(work: (isOver: () => boolean) => Promise<void>, key: string): void {
  const { paused, round } = useHearing();
  useEffect(() => {
    let over = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const go = async (): Promise<void> => {
      if (!document.hidden) await work(() => over);
      if (!over && !paused) timer = setTimeout(() => void go(), everyMs);
    };
    void go();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [key, paused, round]);
}
