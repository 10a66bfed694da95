// Tests: src/daemon/workers/supervisor/program-quota.ts
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ProgramQuota } from '../../../../src/daemon/workers/supervisor/program-quota.ts';
import type { ProgramExit, SpawnedProgram } from '../../../../src/programs/program.ts';

const LIMIT = 10;
const EXIT: ProgramExit = { code: 0, signal: null };

function world(limit: number | undefined) {
  const state = { now: 0, over: false, behind: false, waited: [] as number[], exceeded: [] as number[] };
  const ends: ((exit: ProgramExit) => void)[] = [];
  const quota = new ProgramQuota({
    connections: () => limit,
    exceeded: (most) => state.exceeded.push(most),
    now: () => state.now,
    wait: async (ms) => state.waited.push(ms),
  });
  const asker = { isOver: () => state.over, isBehind: () => state.behind };
  const start = (): Promise<SpawnedProgram> =>
    quota.start(asker, async () => {
      const { promise: exited, resolve } = Promise.withResolvers<ProgramExit>();
      ends.push(resolve);
      return { pid: 1, fd: 1, exited };
    });
  return { state, ends, start, quota, asker };
}

suite('the programs of a worker', () => {
  test('are twice as many as there may be connections, and are told of once a minute when it wants more', async () => {
    const { state, ends, start } = world(LIMIT);
    await Promise.all(Array.from({ length: 2 * LIMIT }, start));
    for (let again = 0; again < 3; again += 1) await assert.rejects(start(), { code: 'EAGAIN' });
    assert.deepEqual(state.exceeded, [2 * LIMIT]);
    state.now += 60_000;
    await assert.rejects(start(), { code: 'EAGAIN' });
    assert.equal(state.exceeded.length, 2);
    ends[0]?.(EXIT);
    await new Promise((resolve) => setImmediate(resolve));
    await start();
    await assert.rejects(start(), { code: 'EAGAIN' });
  });

  test('come all at once up to a thousand, then no faster than five hundred a second; a long wait is told', async () => {
    const { state, start } = world(undefined);
    for (let count = 0; count < 1000; count += 1) await start();
    assert.deepEqual(state.waited, []);
    for (let count = 0; count < 500; count += 1) await start();
    assert.equal(state.waited.length, 499, 'the first of them is due now');
    assert.ok((state.waited.at(-1) ?? 0) <= 1000);
    assert.deepEqual(state.exceeded, []);
    for (let count = 0; count < 10; count += 1) await start();
    assert.equal(state.exceeded.length, 1);
    state.now += 10_000;
    state.waited.length = 0;
    for (let count = 0; count < 1000; count += 1) await start();
    assert.deepEqual(state.waited, [], 'whoever was quiet has as many again');
  });

  test('wait for ten seconds at most: whoever would wait longer is refused, and puts nobody off', async () => {
    const { state, start } = world(undefined);
    for (let count = 0; count <= 6000; count += 1) await start();
    assert.equal(state.waited.at(-1), 10_000);
    for (let again = 0; again < 10; again += 1) await assert.rejects(start(), { code: 'EAGAIN' });
    state.now += 2;
    await start();
    assert.equal(state.waited.at(-1), 10_000);
  });

  test('are refused to one that does not take what it has asked for', async () => {
    const { state, start } = world(LIMIT);
    state.behind = true;
    for (let count = 0; count < 5 * LIMIT; count += 1) await assert.rejects(start(), { code: 'EAGAIN' });
    state.behind = false;
    await start();
  });

  test('are not started for one that has ended, and what cannot be started takes no place', async () => {
    const { state, start, quota, asker } = world(LIMIT);
    for (let count = 0; count < 5 * LIMIT; count += 1)
      await assert.rejects(
        quota.start(asker, () => Promise.reject(new Error('not there'))),
        /not there/,
      );
    await start();
    state.over = true;
    await assert.rejects(start(), { code: 'EPERM' });
  });
});
