/** Workers that end: each is replaced once it is needed, also those that ended while none was, and none is out of reach on its way. */
// Tests: src/daemon/workers/supervisor/spares.ts
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { WorkerEnd, WorkerProxy } from '../../../../src/daemon/workers/supervisor/worker-proxy.ts';
import { WorkerSet } from '../../../../src/daemon/workers/supervisor/worker-set.ts';
import { eventually } from '../../../support/eventually.ts';

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
  /** Why no more can be made. */
  none: string | undefined;
  readonly events: readonly string[];
  needed: boolean;
}

/** One worker and a spare. */
function start(t: TestContext, jailed = false): World {
  const made: FakeWorker[] = [];
  const events: string[] = [];
  const world = { made, events, needed: true, none: undefined } as unknown as World;
  const set: WorkerSet = new WorkerSet({
    workers: 1,
    spareAtOnce: true,
    jailed,
    observe: ({ kind }) => void events.push(kind),
    make: () => {
      if (world.none !== undefined) throw new Error(world.none);
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
  Object.assign(world, { set });
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

test('a spare that was made before and gets a place while all are replaced is replaced too', async (t) => {
  const world = start(t);
  for (const worker of world.made) worker.begin();
  const renewed = world.set.renew();
  await eventually('a new one is made', () => world.made.length === 3, { every: 1 });
  world.made[0]?.end('signal SIGKILL');
  await eventually('the spare has its place', () => world.events.includes('worker-replaced'), { every: 1 });
  assert.equal(world.set.at(1), world.made[1]);
  world.made[2]?.begin();
  await eventually('one more is made, after the next spare', () => world.made.length === 5, { every: 1 });
  world.made[4]?.begin();
  assert.equal(await renewed, undefined);
  assert.equal(world.set.at(1), world.made[4]);
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

test('a process that takes the place of another is reached at each moment until it has it, and then', async (t) => {
  const world = start(t);
  world.made[0]?.begin();
  world.made[0]?.end('signal SIGKILL');
  await eventually('its end is told', () => world.events.includes('worker-ended'), { every: 1 });
  const next = world.made[1];
  next?.begin();
  for (let moment = 0; moment < 50; moment += 1) {
    assert.ok(world.set.everyone.includes(next as unknown as WorkerProxy), `not at moment ${moment}`);
    await null;
  }
  assert.deepEqual(next?.orders, ['take-role', 'furnished']);
});

const started = (world: World, what: string): Promise<true | undefined> =>
  eventually(what, () => world.events.includes('worker-replaced') || undefined, { every: 1 });

test('the service process is made anew, and the spare is left to workers', async (t) => {
  const world = start(t);
  for (const worker of world.made) worker.begin();
  const [worker, spare] = world.made;
  const service = world.set.startService() as unknown as FakeWorker;
  assert.equal(service, spare, 'nobody else needs it at a start');
  world.made[2]?.begin();
  service.end('signal SIGKILL');
  await eventually('one more is made', () => world.made.length === 4, { every: 1 });
  worker?.end('signal SIGKILL');
  await started(world, 'the worker is replaced at once');
  assert.equal(world.set.at(1), world.made[2]);
  assert.equal(world.set.service, undefined, 'the service process is on its way');
  world.made[3]?.begin();
  await eventually('it is there', () => world.set.service === (world.made[3] as unknown as WorkerProxy), { every: 1 });
});

for (const how of ['cannot be started', 'ends before it is ready'] as const) {
  test(`a service process that ${how} is the spare`, async (t) => {
    const world = start(t);
    for (const worker of world.made) worker.begin();
    const service = world.set.startService() as unknown as FakeWorker;
    world.made[2]?.begin();
    if (how === 'cannot be started') world.none = 'no descriptors';
    service.end('signal SIGKILL');
    if (how !== 'cannot be started') {
      await eventually('one more is made', () => world.made.length === 4, { every: 1 });
      world.made[3]?.end('spawn ENOENT');
    }
    await started(world, 'it is replaced');
    assert.equal(world.set.service, world.made[2]);
  });
}

test('a worker whose spare ends before it is ready gets another one', async (t) => {
  const world = start(t);
  world.made[0]?.begin();
  world.made[0]?.end('signal SIGKILL');
  await eventually('its end is told', () => world.events.includes('worker-ended'), { every: 1 });
  world.made[1]?.end('signal SIGKILL');
  await eventually('one more is made', () => world.made.length === 3, { every: 1 });
  world.made[2]?.begin();
  await started(world, 'it is replaced');
  assert.equal(world.set.at(1), world.made[2]);
});

test('in a jail a service process has a spare of its own, and a worker keeps the other', async (t) => {
  const world = start(t, true);
  const service = world.set.startService() as unknown as FakeWorker;
  assert.equal(world.made.length, 4, 'a worker, two spares, the service process');
  for (const worker of world.made) worker.begin();
  world.none = 'spawn ENOENT';
  service.end('signal SIGKILL');
  await started(world, 'the service process is replaced');
  world.made[0]?.end('signal SIGKILL');
  await eventually('the worker is replaced', () => world.events.filter((kind) => kind === 'worker-replaced').length === 2, { every: 1 });
  assert.equal(await Promise.race([world.set.broken, nextTurn()]), undefined);
});
