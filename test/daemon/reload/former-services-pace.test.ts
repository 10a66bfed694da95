/** When memory is gone through for what reloads have left: soon, not often, and again for a reload that came just before. */
// Tests: src/daemon/reload/former-services.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freeFormerServices } from '../../../src/daemon/reload/former-services.ts';
import { Context } from '../../../src/openssl/context/context.ts';
import { handlesAlive } from '../../../src/openssl/library/handle.ts';
import { dropContexts } from '../../support/dropped-contexts.ts';
import { eventually } from '../../support/eventually.ts';

const DROPPED = 50;

test('what is left behind just before the memory is gone through is freed the next time', async (t) => {
  const kept = new Context({ role: 'server' });
  t.after(() => kept.free());
  const timers: { readonly done: () => void; readonly ms: number }[] = [];
  let now = performance.now() + 3_600_000;
  const clock = t.mock.method(performance, 'now', () => now);
  const set = t.mock.method(globalThis, 'setTimeout', (done: () => void, ms: number) => {
    timers.push({ done, ms });
    return { unref: () => undefined };
  });
  freeFormerServices();
  now += 900;
  freeFormerServices();
  assert.deepEqual(
    timers.map(({ ms }) => ms),
    [1000],
    'one at a time',
  );
  now += 100;
  timers[0]?.done();
  const next = timers.find(({ ms }) => ms === 30_000);
  assert.ok(next !== undefined, 'the second reload was not over by then');
  const before = handlesAlive(kept.kind);
  dropContexts(DROPPED);
  now += 30_000;
  const so = timers.length;
  next.done();
  assert.deepEqual(
    timers.slice(so).map(({ ms }) => ms),
    [100],
    'and nothing after that',
  );
  for (const { mock } of [set, clock]) mock.restore();
  await eventually('all are freed', () => handlesAlive(kept.kind) === before);
});
