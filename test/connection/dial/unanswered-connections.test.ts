import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { PendingConnection } from '../../../src/connection/dial/unanswered-connections.ts';
import { UnansweredConnections } from '../../../src/connection/dial/unanswered-connections.ts';

interface TestConnection extends PendingConnection {
  isAnswered: boolean;
  stopped: boolean;
  leave: () => void;
}

/** As many connections as are let through of `count` that come at once. */
function admitted(unanswered: UnansweredConnections, count: number): TestConnection[] {
  const connections: TestConnection[] = [];
  for (let index = 0; index < count; index += 1) {
    const connection: TestConnection = {
      isAnswered: false,
      stopped: false,
      leave: () => undefined,
      answered: () => connection.isAnswered,
      stop: () => {
        connection.stopped = true;
        connection.leave();
      },
    };
    const admission = unanswered.admit('192.0.2.1', 443, connection);
    if (admission.kind !== 'admitted') continue;
    connection.leave = admission.leave;
    connections.push(connection);
  }
  return connections;
}

const STRANGER: PendingConnection = { answered: () => false, stop: () => undefined };

suite('connections to one destination', () => {
  test('that accumulate unanswered are a loop: they are ended together, and few are tried while it is suspected', () => {
    const unanswered = new UnansweredConnections(() => 0);
    const waiting = admitted(unanswered, 257);
    assert.equal(waiting.length, 256);
    assert.equal(
      waiting.every(({ stopped }) => stopped),
      true,
    );
    assert.equal(admitted(unanswered, 4).length, 4);
    assert.equal(admitted(unanswered, 1).length, 0);
  });

  test('are said to be a loop once a minute', () => {
    let now = 0;
    const unanswered = new UnansweredConnections(() => now);
    const said: boolean[] = [];
    for (const at of [0, 20_000, 59_000, 80_000]) {
      now = at;
      admitted(unanswered, 256);
      const admission = unanswered.admit('::ffff:192.0.2.1', 443, STRANGER);
      assert.equal(admission.kind, 'loop');
      said.push(admission.kind === 'loop' && admission.first);
    }
    assert.deepEqual(said, [true, false, false, true]);
  });

  test('to another destination are counted apart', () => {
    const unanswered = new UnansweredConnections();
    admitted(unanswered, 257);
    assert.equal(unanswered.admit('192.0.2.1', 444, STRANGER).kind, 'admitted');
    assert.equal(unanswered.admit('192.0.2.2', 443, STRANGER).kind, 'admitted');
  });

  test('are no loop when it answers, however many come at once', () => {
    const unanswered = new UnansweredConnections(() => 0);
    const [first] = admitted(unanswered, 1);
    assert.ok(first);
    first.isAnswered = true;
    assert.equal(admitted(unanswered, 5000).length, 5000);
  });

  test('are let through again as soon as it has answered one', () => {
    const unanswered = new UnansweredConnections(() => 0);
    admitted(unanswered, 257);
    const [probe] = admitted(unanswered, 1);
    assert.ok(probe);
    probe.isAnswered = true;
    probe.leave();
    assert.equal(admitted(unanswered, 1000).length, 1000);
  });

  test('may stay open for ever once they were answered', () => {
    let now = 0;
    const unanswered = new UnansweredConnections(() => now);
    for (let index = 0; index < 1000; index += 1) {
      now += 10_000;
      const [connection] = admitted(unanswered, 1);
      assert.ok(connection, `connection ${index}`);
      connection.isAnswered = true;
    }
  });
});
