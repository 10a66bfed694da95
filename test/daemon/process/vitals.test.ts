/** What a process costs, asked of this one. */
// Tests: src/daemon/process/vitals.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { vitals } from '../../../src/daemon/process/vitals.ts';

/** More than one step of the measure, and much more. */
const [SHORT_MS, LONG_MS] = [30, 300];

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Holds the event loop up, for long after some steps that are short. @returns the delay that is told of it, in seconds */
async function toldAfterDelay(): Promise<number> {
  for (const ms of [SHORT_MS, SHORT_MS, LONG_MS]) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    await turn();
    await turn();
  }
  return vitals('main').delaySeconds;
}

test('the delay of the event loop is measured from the first question on, and not when nobody has asked for long', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  assert.equal(await toldAfterDelay(), 0);
  assert.ok((await toldAfterDelay()) > 0.1);
  t.mock.timers.tick(4 * 60_000);
  assert.ok((await toldAfterDelay()) > 0.1, 'somebody asked within five minutes');
  t.mock.timers.tick(5 * 60_000);
  assert.equal(await toldAfterDelay(), 0);
});
