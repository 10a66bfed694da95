/** Several observers as one: order, time, and what any of them wants. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { EventContext, Observe } from '../../src/observe/events.ts';
import { fanOut, observer, wantedBy } from '../../src/observe/observers.ts';

const ABOUT: EventContext = { id: '7', connection: 3, service: undefined };
const STARTED = { kind: 'started' } as const;

suite('a fan-out', () => {
  test('tells all in their order, with the time of the event', () => {
    const told: unknown[] = [];
    const named =
      (name: string): Observe =>
      (...about) =>
        void told.push([name, ...about]);
    fanOut([named('first'), named('second')])(STARTED, ABOUT, 1234);
    assert.deepEqual(told, [
      ['first', STARTED, ABOUT, 1234],
      ['second', STARTED, ABOUT, 1234],
    ]);
  });

  test('wants what any of them wants, and asks about the connection', () => {
    const nothing = observer(
      () => undefined,
      () => false,
    );
    const handshakes = observer(
      () => undefined,
      (kind, { connection }) => kind === 'handshake-finished' && connection === 3,
    );
    assert.equal(wantedBy(fanOut([nothing, nothing]), 'handshake-finished', ABOUT), false);
    assert.equal(wantedBy(fanOut([nothing, handshakes]), 'handshake-finished', ABOUT), true);
    assert.equal(wantedBy(fanOut([nothing, handshakes]), 'closed', ABOUT), false);
    assert.equal(wantedBy(fanOut([nothing, handshakes]), 'handshake-finished', { ...ABOUT, connection: 4 }), false);
    assert.equal(wantedBy(fanOut([nothing, () => undefined]), 'closed', ABOUT), true, 'a plain function takes all');
  });

  test('of one is that one, and of none wants nothing', () => {
    const only: Observe = () => undefined;
    assert.equal(fanOut([only]), only);
    assert.equal(wantedBy(fanOut([]), 'closed', ABOUT), false);
    fanOut([])(STARTED, ABOUT);
  });
});
