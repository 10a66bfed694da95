import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ReachedProcesses } from '../../../src/daemon/watch/reached-processes.ts';

/** Processes by their number, and when each began. */
function machine(processes: Record<number, string>): ReachedProcesses {
  return new ReachedProcesses((pid) => processes[pid]);
}

suite('processes that a network reaches', () => {
  test('are known while they run, and when they have ended', () => {
    const running: Record<number, string> = { 7: '100', 8: '100' };
    const reached = machine(running);
    reached.add(7);
    assert.deepEqual([reached.has(7), reached.has(8)], [true, false]);
    delete running[7];
    assert.equal(reached.has(7), true, 'what it has sent may be read after its end');
  });

  test('are not taken for another process that has the number by now', () => {
    const running: Record<number, string> = { 7: '100' };
    const reached = machine(running);
    reached.add(7);
    running[7] = '200';
    assert.equal(reached.has(7), false);
    reached.add(7);
    assert.equal(reached.has(7), true);
  });

  test('are known without a start time where there is no /proc', () => {
    const reached = machine({});
    reached.add(7);
    assert.equal(reached.has(7), true);
  });

  test('are handed on to the process that comes after', () => {
    const before = machine({ 7: '100' });
    before.add(7);
    const after = machine({ 7: '100', 9: '101' });
    after.adopt(before.all);
    after.add(9);
    assert.deepEqual(after.all, [
      { pid: 7, startTime: '100' },
      { pid: 9, startTime: '101' },
    ]);
  });

  test('are known as long as they run, however many have ended since', () => {
    const running: Record<number, string> = { 1: '100' };
    const reached = machine(running);
    reached.add(1);
    for (let pid = 2; pid <= 5000; pid += 1) {
      running[pid] = '200';
      reached.add(pid);
      delete running[pid];
    }
    assert.equal(reached.all.length, 4096);
    assert.deepEqual([reached.has(1), reached.has(2)], [true, false]);
  });

  test('are a bounded number, the oldest go first', () => {
    const reached = machine({});
    for (let pid = 1; pid <= 5000; pid += 1) reached.add(pid);
    assert.equal(reached.all.length, 4096);
    assert.deepEqual([reached.has(1), reached.has(5000)], [false, true]);
  });
});
