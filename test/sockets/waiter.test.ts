/** One wait at a time: whatever settles it first counts, its listeners are taken along, and nothing of it stays behind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Start } from '../../src/sockets/waiter.ts';
import { WaitSlot } from '../../src/sockets/waiter.ts';
import { promotedShare } from '../support/promoted.ts';

const never = (): Error => new Error('no limit was set');

/** A start that notes whether its listeners were removed, and how often. */
function noted<T>(begin: (done: (value: T) => void, fail: (cause: Error) => void) => void): { readonly start: Start<T>; stopped: number } {
  const about = {
    stopped: 0,
    start: (done: (value: T) => void, fail: (cause: Error) => void): (() => void) => {
      begin(done, fail);
      return () => {
        about.stopped += 1;
      };
    },
  };
  return about;
}

test('the first outcome counts, also one that comes at once', async () => {
  const slot = new WaitSlot();
  const { start } = noted<number>((done, fail) => {
    done(1);
    done(2);
    fail(new Error('late'));
  });
  assert.equal(await slot.run('client', undefined, never, start), 1);
  assert.equal(slot.waitingOn, undefined);
});

test('listeners are removed once, however it ends', async () => {
  const slot = new WaitSlot();
  const atOnce = noted<string>((done) => done('x'));
  await slot.run('client', 1000, never, atOnce.start);
  assert.equal(atOnce.stopped, 1);
  const later = noted<string>((done) => setImmediate(() => done('x')));
  await slot.run('client', 1000, never, later.start);
  assert.equal(later.stopped, 1);
  const failed = noted<string>((_, fail) => setImmediate(() => fail(new Error('broken'))));
  await assert.rejects(slot.run('client', 1000, never, failed.start), /broken/);
  assert.equal(failed.stopped, 1);
});

test('a limit that is over, and an interruption, fail the wait they find', async () => {
  const slot = new WaitSlot();
  const limited = noted<never>(() => undefined);
  await assert.rejects(
    slot.run('upstream', 1, () => new Error('too long'), limited.start),
    /too long/,
  );
  assert.equal(limited.stopped, 1);
  const waiting = slot.run('upstream', undefined, never, noted<never>(() => undefined).start);
  assert.equal(slot.waitingOn, 'upstream');
  slot.interrupt(new Error('interrupted'));
  assert.equal(slot.waitingOn, undefined);
  slot.interrupt(new Error('nobody waits'));
  await assert.rejects(waiting, /interrupted/);
});

test('a short limit comes before a timer that is set a little later', async () => {
  for (let round = 0; round < 6; round += 1) {
    const came: string[] = [];
    const limit = new WaitSlot().run('client', 40, () => new Error('over'), noted<never>(() => undefined).start);
    const timer = new Promise<void>((resolve) => setTimeout(resolve, 60));
    await Promise.all([limit.catch(() => came.push('limit')), timer.then(() => came.push('timer'))]);
    assert.deepEqual(came, ['limit', 'timer']);
  }
});

test('a long limit is not early', async (t) => {
  const alive = setInterval(() => undefined, 1000); // the wheel keeps nothing alive
  t.after(() => clearInterval(alive));
  const began = performance.now();
  await assert.rejects(
    new WaitSlot().run('client', 1000, () => new Error('over'), noted<never>(() => undefined).start),
    /over/,
  );
  assert.ok(performance.now() - began >= 999);
});

test('a start that throws is a wait that has failed', async () => {
  const slot = new WaitSlot();
  const waiting = slot.run('client', 1000, never, () => {
    throw new Error('it cannot begin');
  });
  assert.equal(slot.waitingOn, undefined);
  await assert.rejects(waiting, /it cannot begin/);
});

test('what a wait has made does not grow old', async () => {
  const share = await promotedShare(`
    import { WaitSlot } from '${import.meta.resolve('../../src/sockets/waiter.ts')}';
    for (let count = 0; count < 40_000; count += 1) {
      const much = new Array(100).fill(count);
      await new WaitSlot().run('client', 300_000, () => new Error('late'), (done) => {
        setImmediate(() => done(much));
        return () => undefined;
      });
    }
  `);
  assert.ok(share < 0.05, `${share} of what was allocated was kept`);
});
