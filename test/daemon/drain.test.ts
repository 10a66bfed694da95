// Tests: src/connection/accept/connection-table.ts
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ConnectionTable } from '../../src/connection/accept/connection-table.ts';
import { Life } from '../../src/connection/life/life.ts';
import { drain } from '../../src/daemon/drain.ts';
import type { OvercoatEvent } from '../../src/observe/events.ts';
import { linesOf } from '../../src/observe/log-lines.ts';
import { serviceConfig } from '../support/overcoat/service-config.ts';

const MAIN = { id: 'main', service: undefined } as const;

/** A table with connections that end when the test says so. */
function tableOf(count: number): { connections: ConnectionTable; lives: Life[] } {
  const connections = new ConnectionTable();
  const lives = Array.from(
    { length: count },
    (_, index) => new Life({ connection: index, id: String(index) }, serviceConfig(), () => undefined),
  );
  for (const life of lives) connections.add(life);
  return { connections, lives };
}

function textsOf(events: readonly OvercoatEvent[]): string[] {
  return events.flatMap((event) => linesOf(event, MAIN).map(({ text }) => text));
}

suite('a drain', () => {
  test('without connections is over at once and says nothing', async () => {
    const events: OvercoatEvent[] = [];
    assert.equal(await drain(tableOf(0).connections, 30_000, new AbortController().signal, (event) => events.push(event)), true);
    assert.deepEqual(events, []);
  });

  test('waits for the last connection', async () => {
    const { connections, lives } = tableOf(2);
    const events: OvercoatEvent[] = [];
    const drained = drain(connections, 30_000, new AbortController().signal, (event) => events.push(event));
    for (const life of lives) life.end({ kind: 'finished' });
    assert.equal(await drained, true);
    assert.deepEqual(textsOf(events), ['Waiting up to 30 seconds for 2 connection(s) to finish']);
  });

  test('cuts off what is left at its end', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { connections, lives } = tableOf(2);
    const events: OvercoatEvent[] = [];
    const drained = drain(connections, 5000, new AbortController().signal, (event) => events.push(event));
    lives[0]?.end({ kind: 'finished' });
    t.mock.timers.tick(5000);
    assert.equal(await drained, false);
    assert.equal(connections.size, 0);
    assert.deepEqual(textsOf(events), ['Waiting up to 5 seconds for 2 connection(s) to finish', 'Cutting off 1 connection(s)']);
  });

  test('in a hurry does not wait, whether it was from the beginning or becomes so', async () => {
    const hurry = new AbortController();
    const { connections } = tableOf(1);
    const drained = drain(connections, 30_000, hurry.signal, () => undefined);
    hurry.abort();
    assert.equal(await drained, false);
    const second = tableOf(1);
    assert.equal(await drain(second.connections, 0, hurry.signal, () => undefined), false);
    assert.equal(second.connections.size, 0);
  });
});
