import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PendingConnection } from '../../../src/connection/dial/loop-guard.ts';
import { LOOP_GUARD_LENGTH, LoopGuard } from '../../../src/connection/dial/loop-guard.ts';

const dialled = { localAddress: '10.77.2.1', localPort: 40_000, remoteAddress: '10.77.2.2', remotePort: 443 };

interface Rider extends PendingConnection {
  isAnswered: boolean;
  stopped: boolean;
  leave: () => void;
}

/** As many connections as are let through of `count` that come at once. */
function admitted(guard: LoopGuard, count: number): Rider[] {
  const riders: Rider[] = [];
  for (let index = 0; index < count; index += 1) {
    const rider: Rider = {
      isAnswered: false,
      stopped: false,
      leave: () => undefined,
      answered: () => rider.isAnswered,
      stop: () => {
        rider.stopped = true;
        rider.leave();
      },
    };
    const admission = guard.admit('192.0.2.1', 443, rider);
    if (admission.kind !== 'admitted') continue;
    rider.leave = admission.leave;
    riders.push(rider);
  }
  return riders;
}

const STRANGER: PendingConnection = { answered: () => false, stop: () => undefined };

describe('a socket we dialled', () => {
  it('is recognised as a client until it is closed', () => {
    const guard = new LoopGuard();
    assert.equal(guard.isOwn(dialled), false);
    const forget = guard.remember(dialled);
    assert.equal(guard.isOwn(dialled), true);
    forget();
    forget();
    assert.equal(guard.isOwn(dialled), false);
  });

  it('is recognised in its mapped form and with a zone', () => {
    const guard = new LoopGuard();
    guard.remember(dialled);
    guard.remember({ ...dialled, localAddress: 'fe80::1%eth0', remoteAddress: 'fe80::2%eth0' });
    assert.equal(guard.isOwn({ ...dialled, localAddress: '::ffff:10.77.2.1' }), true);
    assert.equal(guard.isOwn({ ...dialled, localAddress: 'fe80::1', remoteAddress: 'fe80::2' }), true);
  });

  it('is not confused with one that shares its port', () => {
    const guard = new LoopGuard();
    guard.remember(dialled);
    const others = [{ localAddress: '10.77.1.1' }, { localPort: 40_001 }, { remoteAddress: '10.77.2.3' }, { remotePort: 444 }];
    assert.deepEqual(
      others.map((other) => guard.isOwn({ ...dialled, ...other })),
      [false, false, false, false],
    );
  });

  it('is recognised by every worker', () => {
    const memory = new Int32Array(LOOP_GUARD_LENGTH);
    const [first, second] = [new LoopGuard(memory, 0), new LoopGuard(memory, 1)];
    first.remember(dialled);
    assert.equal(second.isOwn(dialled), true);
  });

  it('is forgotten with the worker that had it, and no other', () => {
    const memory = new Int32Array(LOOP_GUARD_LENGTH);
    const [first, second] = [new LoopGuard(memory, 0), new LoopGuard(memory, 1)];
    first.remember(dialled);
    second.remember({ ...dialled, localPort: 50_000 });
    second.forgetAllOf(0);
    assert.equal(first.isOwn(dialled), false);
    assert.equal(first.isOwn({ ...dialled, localPort: 50_000 }), true);
    second.forgetAllOf(1);
    assert.ok(memory.every((number) => number === 0));
  });

  it('tells how many of ours it carries on', () => {
    const guard = new LoopGuard();
    const forget = guard.remember(dialled, 3);
    assert.equal(guard.hopsOf(dialled), 3);
    forget();
    assert.equal(guard.hopsOf(dialled), 0);
  });

  it('is remembered among fifty thousand others, all of which can be forgotten', () => {
    const memory = new Int32Array(LOOP_GUARD_LENGTH);
    const guard = new LoopGuard(memory);
    const many = Array.from({ length: 50_000 }, (_, index) => ({ ...dialled, localPort: 1024 + index }));
    const forget = many.map((each) => guard.remember(each));
    assert.equal(many.filter((each) => guard.isOwn(each)).length, many.length);
    assert.equal(guard.isOwn({ ...dialled, remotePort: 80 }), false);
    for (const each of forget) each();
    assert.ok(memory.every((number) => number === 0));
  });
});

describe('connections to one destination', () => {
  it('that pile up unanswered are a loop: they are ended together, and few are tried while it is suspected', () => {
    const guard = new LoopGuard(undefined, 0, () => 0);
    const pile = admitted(guard, 257);
    assert.equal(pile.length, 256);
    assert.equal(
      pile.every(({ stopped }) => stopped),
      true,
    );
    assert.equal(admitted(guard, 4).length, 4);
    assert.equal(admitted(guard, 1).length, 0);
  });

  it('are said to be a loop once a minute', () => {
    let now = 0;
    const guard = new LoopGuard(undefined, 0, () => now);
    const said: boolean[] = [];
    for (const at of [0, 20_000, 59_000, 80_000]) {
      now = at;
      admitted(guard, 256);
      const admission = guard.admit('::ffff:192.0.2.1', 443, STRANGER);
      assert.equal(admission.kind, 'loop');
      said.push(admission.kind === 'loop' && admission.first);
    }
    assert.deepEqual(said, [true, false, false, true]);
  });

  it('to another destination are counted apart', () => {
    const guard = new LoopGuard();
    admitted(guard, 257);
    assert.equal(guard.admit('192.0.2.1', 444, STRANGER).kind, 'admitted');
    assert.equal(guard.admit('192.0.2.2', 443, STRANGER).kind, 'admitted');
  });

  it('are no loop when it answers, however many come at once', () => {
    const guard = new LoopGuard(undefined, 0, () => 0);
    const [first] = admitted(guard, 1);
    assert.ok(first);
    first.isAnswered = true;
    assert.equal(admitted(guard, 5000).length, 5000);
  });

  it('are let through again as soon as it has answered one', () => {
    const guard = new LoopGuard(undefined, 0, () => 0);
    admitted(guard, 257);
    const [probe] = admitted(guard, 1);
    assert.ok(probe);
    probe.isAnswered = true;
    probe.leave();
    assert.equal(admitted(guard, 1000).length, 1000);
  });

  it('may stay open for ever once they were answered', () => {
    let now = 0;
    const guard = new LoopGuard(undefined, 0, () => now);
    for (let index = 0; index < 1000; index += 1) {
      now += 10_000;
      const [rider] = admitted(guard, 1);
      assert.ok(rider, `connection ${index}`);
      rider.isAnswered = true;
    }
  });
});
