/**
 * The end of a suite as an `Ending`, for what its `before` hook makes: calling node:test's own `after` inside a hook would run the
 * action right after that hook.
 */
import { after } from 'node:test';
import type { Ending } from './temp.ts';

/** Call it where the suite is declared (or at the top of the file for the whole file). Actions run last first. */
export function suiteEnd(): Ending {
  const actions: (() => void | Promise<void>)[] = [];
  after(async () => {
    for (const action of actions.reverse()) await action();
  });
  return { after: (action) => actions.push(action) };
}
