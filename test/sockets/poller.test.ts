/** The poller given up and made anew: nobody hears of what it watched before, and it does not keep the process. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { poller } from '../../src/sockets/poller.ts';
import { eventually, within } from '../support/eventually.ts';
import { Inbox, plainPair } from '../support/net/legs.ts';
import { promotedShare } from '../support/promoted.ts';

const descriptors = (): number => process.getActiveResourcesInfo().length;

test('closed, it forgets what it watched; the next descriptor makes it anew', async (t) => {
  const [deaf, other] = await plainPair(t);
  const ignored = new Inbox(deaf);
  const before = descriptors();
  poller.close();
  poller.close(); // twice is once
  assert.equal(poller.watched, 0);
  other.write(Buffer.from('nobody hears'));
  for (let round = 0; round < 3; round += 1) {
    const [one, far] = await plainPair(t);
    const inbox = new Inbox(one);
    far.write(Buffer.from('again'));
    await inbox.sees('again');
    one.end('close');
    far.end('close');
    await eventually('both are forgotten', () => poller.watched === 1, { every: 2 }); // the listener of the test
    poller.close();
  }
  assert.equal(ignored.text, '');
  assert.ok(descriptors() <= before);
});

/** Keeps the processor for so long. */
function busy(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test('however many stand in line, whoever becomes ready is served between two of them, and what waits for a turn too', async (t) => {
  const [near, far] = await plainPair(t);
  const order: string[] = [];
  near.listen(() => {
    for (let bytes = near.take(100); bytes !== undefined; bytes = near.take(100)) order.push(...bytes.toString());
  });
  await new Promise<void>((resolve) => {
    let left = 30;
    let turns = 0;
    const turn = {
      run: () => {
        turns += 1;
        if (left > 0) poller.soon(turn);
      },
    };
    const step = {
      run: () => {
        busy(2);
        far.write(Buffer.from('.'));
        order.push('#');
        left -= 1;
        if (left > 0) return;
        assert.ok(turns >= 25, `${turns} turns for those who asked for one`);
        resolve();
      },
    };
    poller.soon(turn);
    for (let each = 0; each < 30; each += 1) poller.inLine(step);
    assert.equal(poller.line, 30);
  });
  await eventually('the last has come', () => order.length === 60);
  assert.equal(order.join(''), '#.'.repeat(30));
  for (const leg of [near, far]) leg.end('close');
});

/** What nobody catches until the test ends. */
function unexpected(t: TestContext): readonly unknown[] {
  const thrown: unknown[] = [];
  const before = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException').on('uncaughtException', (error) => thrown.push(error));
  t.after(() => {
    process.removeAllListeners('uncaughtException');
    for (const listener of before) process.on('uncaughtException', listener);
  });
  return thrown;
}

test('what throws in line is an exception of its own, and the next one runs', async (t) => {
  const thrown = unexpected(t);
  const fault = new Error('of a step');
  await new Promise<void>((resolve) => {
    poller.inLine({
      run: () => {
        throw fault;
      },
    });
    poller.inLine({ run: resolve });
  });
  await eventually('it was thrown', () => thrown.length === 1);
  assert.equal(thrown[0], fault);
});

test('an exception in its own work is not the end of it', async (t) => {
  const thrown = unexpected(t);
  const fault = new Error('of the clock');
  const failing = (): number => {
    throw fault;
  };
  t.mock.method(performance, 'now', failing, { times: 1 });
  await within('the task has run all the same', new Promise<void>((resolve) => poller.soon({ run: resolve })));
  assert.deepEqual(thrown, [fault]);
});

test('nor of those who wait behind it', async (t) => {
  const thrown = unexpected(t);
  const fault = new Error('of the clock');
  const failing = (): number => {
    throw fault;
  };
  const first = { run: () => void t.mock.method(performance, 'now', failing, { times: 1 }) };
  const second = new Promise<void>((resolve) => {
    poller.soon(first);
    poller.soon({ run: resolve });
  });
  await within('the second has run all the same', second);
  assert.deepEqual(thrown, [fault]);
});

test('who has had its turn is let go, also while the line is never empty', async () => {
  const share = await promotedShare(`
    import { poller } from '${import.meta.resolve('../../src/sockets/poller.ts')}';
    let count = 0;
    class Task {
      much = new Array(100).fill(0);
      run() {
        count += 1;
        if (count < 100_000) poller.inLine(new Task());
      }
    }
    for (let waiting = 0; waiting < 8; waiting += 1) poller.inLine(new Task());
  `);
  assert.ok(share < 0.1, `${share} of what was allocated was kept`);
});

test('whoever asks for turns without end has one before anybody has two, and leaves the loop its own', async () => {
  const order: string[] = [];
  let over = false;
  const task = (name: string): { readonly run: () => void } => {
    const made = {
      run: (): void => {
        order.push(name);
        busy(1); // longer than the poller goes on by itself
        if (!over) poller.soon(made);
      },
    };
    return made;
  };
  for (const name of ['a', 'b', 'c']) poller.soon(task(name));
  for (let turn = 0; turn < 10; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    order.push('|');
  }
  over = true;
  const turns = order.join('').split('|');
  assert.match(turns.join(''), /^(abc)+a?b?$/, 'in their order');
  assert.ok(
    turns.every((turn) => turn.length <= 3),
    order.join(''),
  );
  assert.ok(turns.filter((turn) => turn.length > 0).length >= 8, order.join(''));
});

test('however many short messages there are, the loop has its turns, and bulk too', async (t) => {
  const ENOUGH = 100_000;
  let served = 0;
  let turns = 0;
  const legs = [];
  for (let each = 0; each < 100; each += 1) legs.push(...(await plainPair(t)));
  for (const leg of legs)
    leg.listen(() => {
      for (let bytes = leg.take(100); bytes !== undefined; bytes = leg.take(100)) {
        served += 1;
        if (served < ENOUGH) leg.write(bytes); // the other end answers in the same way
      }
    });
  const bulk = {
    run: (): void => {
      turns += 1;
      if (served < ENOUGH) poller.soon(bulk);
    },
  };
  for (let each = 0; each < 10; each += 1) poller.soon(bulk);
  for (const [index, leg] of legs.entries()) if (index % 2 === 0) leg.write(Buffer.from('.'));
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(served < ENOUGH, `${served} messages in 10 turns of the loop`);
  assert.ok(turns >= 5, `${turns}`);
  served = ENOUGH;
  for (const leg of legs) leg.end('close');
});
