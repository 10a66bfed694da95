import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withProgress } from '../../../src/cli/terminal/progress.ts';

test('work that takes its time is announced once, on a terminal', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (const [shows, expected] of [
    [true, ['looking ...']],
    [false, []],
  ] as const) {
    const said: string[] = [];
    const { promise, resolve } = Promise.withResolvers<number>();
    const work = withProgress('looking', promise, shows, (line) => said.push(line));
    t.mock.timers.tick(999);
    assert.deepEqual(said, []);
    t.mock.timers.tick(10_000);
    resolve(7);
    assert.equal(await work, 7);
    assert.deepEqual(said, expected);
  }
});

test('quick work is not, and what fails fails as it did', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const said: string[] = [];
  await assert.rejects(
    withProgress('looking', Promise.reject(new Error('no')), true, (line) => said.push(line)),
    /no/,
  );
  t.mock.timers.tick(10_000);
  assert.deepEqual(said, []);
});
