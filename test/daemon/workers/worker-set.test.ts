/** Workers that end: each is replaced once it is needed, also those that ended while none was, and none is out of reach on its way. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { WorkerEnd, WorkerProxy } from '../../../src/daemon/workers/worker-proxy.ts';
import { WorkerSet } from '../../../src/daemon/workers/worker-set.ts';
import { eventually } from '../../support/eventually.ts';

/** As much of a process as the set looks at. */
class FakeWorker {
  readonly #ready = Promise.withResolvers<boolean>();
  readonly #ended = Promise.withResolvers<WorkerEnd>();
  readonly ready = this.#ready.promise;
  readonly ended = this.#ended.promise;
  readonly orders: string[] = [];
  isReady = false;

  begin(): void {
    this.isReady = true;
    this.#ready.resolve(true);
  }

  end(why: string): void {
    this.#ready.resolve(false);
    this.#ended.resolve({ why, outOfMemory: false, details: undefined, connectionsLost: 0 });
  }

  terminate(): void {
    this.end('terminated');
  }

  async order({ order }: { readonly order: { readonly kind: string } }): Promise<{ readonly kind: 'done' }> {
    this.orders.push(order.kind);
    return { kind: 'done' };
  }
}

interface World {
  readonly set: WorkerSet;
  readonly made: readonly FakeWorker[];
  readonly events: readonly string[];
  needed: boolean;
}

/** One worker and a spare. */
function start(t: TestContext): World {
  const made: FakeWorker[] = [];
  const events: string[] = [];
  const set: WorkerSet = new WorkerSet({
    workers: 1,
    spareAtOnce: true,
    observe: ({ kind }) => void events.push(kind),
    make: () => {
      made.push(new FakeWorker());
      return made.at(-1) as unknown as WorkerProxy;
    },
    roleOf: () => ({ kind: 'service' }),
    retire: async () => undefined,
    furnish: async (worker) => {
      (worker as unknown as FakeWorker).orders.push('furnished');
      return undefined;
    },
    needed: () => world.needed,
  });
  const world: World = { set, made, events, needed: true };
  t.after(() => set.close());
  return world;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('one that ends while none is needed is said to have ended, costs no spare, and is replaced when one is', async (t) => {
  const world = start(t);
  for (const worker of world.made) worker.begin();
  world.needed = false;
  world.made[0]?.end('signal SIGKILL');
  await eventually('its end is told', () => world.events.includes('worker-ended'), { every: 1 });
  await nextTurn();
  assert.equal(world.set.at(1), undefined);
  assert.ok(world.set.everyone.includes(world.made[1] as unknown as WorkerProxy), 'the spare is kept');
  world.needed = true;
  world.set.fill();
  world.set.fill();
  await eventually('it is replaced', () => world.events.includes('worker-replaced'), { every: 1 });
  assert.deepEqual(world.made[1]?.orders, ['take-role', 'furnished']);
  assert.equal(world.made.length, 3, 'and there is one more spare');
  assert.equal(world.set.at(1), world.made[1]);
});

test('all are replaced where something they are born with has changed, and the spare stays where none can be made', async (t) => {
  const world = start(t);
  for (const worker of world.made) worker.begin();
  const [former, spare] = world.made;
  const renewed = world.set.renew();
  await eventually('a new one is made', () => world.made.length === 3, { every: 1 });
  world.made[2]?.end('spawn ENOENT');
  assert.equal(await renewed, 'spawn ENOENT');
  assert.equal(world.set.at(1), former);
  assert.ok(world.set.everyone.includes(spare as unknown as WorkerProxy));
  const again = world.set.renew();
  await eventually('one more is made', () => world.made.length === 4, { every: 1 });
  world.made[3]?.begin();
  assert.equal(await again, undefined);
  assert.equal(world.set.at(1), world.made[3]);
  assert.deepEqual(world.made[3]?.orders, ['take-role', 'furnished']);
  assert.ok(!world.set.everyone.includes(spare as unknown as WorkerProxy), 'the spare was born before');
});

test('a process that is about to replace another is reached by what everybody is told, and ends with the rest', async (t) => {
  const world = start(t);
  world.made[0]?.begin();
  world.made[0]?.end('signal SIGKILL');
  await eventually('its end is told', () => world.events.includes('worker-ended'), { every: 1 });
  assert.ok(world.set.everyone.includes(world.made[1] as unknown as WorkerProxy), 'it has not begun, and is known');
  await world.set.close();
  assert.equal(await world.made[1]?.ready, false);
  assert.ok(!world.events.includes('worker-replaced'));
  assert.equal(await Promise.race([world.set.broken, nextTurn()]), undefined, 'who closes misses nobody');
});
