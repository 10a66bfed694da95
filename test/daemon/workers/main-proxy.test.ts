/** What a worker sends of what happens in it: data, in order, with its time, and nothing that nobody wants. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import type { ServiceConfig } from '../../../src/config/config.ts';
import { MainProxy } from '../../../src/daemon/workers/main-proxy.ts';
import type { FromWorker } from '../../../src/daemon/workers/messages.ts';
import { wantedBy } from '../../../src/observe/observers.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';
import type { Ending } from '../../support/temp.ts';

/** The rest of this turn of the event loop. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** @param level of what belongs to no service */
function worker(t: Ending, level: number): { readonly main: MainProxy; readonly heard: () => FromWorker[] } {
  const { port1, port2 } = new MessageChannel();
  t.after(() => port1.close());
  const memory = new SharedArrayBuffer(4);
  Atomics.store(new Int32Array(memory), 0, level);
  const heard = (): FromWorker[] => {
    const messages: FromWorker[] = [];
    for (let next = receiveMessageOnPort(port2); next !== undefined; next = receiveMessageOnPort(port2)) messages.push(next.message);
    return messages;
  };
  return { main: new MainProxy(port1, memory), heard };
}

const service = (logLevel: ServiceConfig['logLevel']): ServiceConfig => serviceConfig({ mode: 'server', service: { name: 's', logLevel } });
const events = (messages: readonly FromWorker[]) => messages.flatMap((message) => (message.kind === 'events' ? message.events : []));

suite('a worker', () => {
  test('sends events as data, with the little of the service that observers may know, and when they happened', async (t) => {
    const { main, heard } = worker(t, 5);
    const about = { id: '7', connection: 7, service: service(5) };
    const before = Date.now();
    main.observe({ kind: 'accepted', client: '127.0.0.1:1' }, about);
    main.observe({ kind: 'tls-cut-off', by: 'client' }, about);
    assert.deepEqual(heard(), [], 'not before the turn has ended');
    await turn();
    const after = Date.now();
    const messages = heard();
    assert.equal(messages.length, 1);
    const [first, second] = events(messages);
    assert.deepEqual(first?.event, { kind: 'accepted', client: '127.0.0.1:1' });
    assert.deepEqual(second?.event, { kind: 'tls-cut-off', by: 'client' });
    assert.deepEqual(first?.context, { id: '7', connection: 7, service: { name: 's', mode: 'server', origin: 'file', logLevel: 5 } });
    assert.equal(first?.context.service, second?.context.service, 'sent once');
    assert.ok(before <= (first?.at ?? 0) && (second?.at ?? 0) <= after);
  });

  test('sends nothing that no log shows: by the level of the service, else by that of the process', async (t) => {
    const { main, heard } = worker(t, 3);
    main.observe({ kind: 'started' }, { id: '0', connection: 0, service: service(6) });
    main.observe({ kind: 'started' }, { id: '1', connection: 1, service: service(7) });
    main.observe({ kind: 'too-many-clients', limit: 1 }, { id: 'main', service: undefined });
    main.observe({ kind: 'accept-failed', text: 'no', errno: 24 }, { id: 'main', service: undefined });
    main.observe({ kind: 'reloaded', ms: 1 }, { id: 'main', service: service(7) });
    await turn();
    assert.deepEqual(
      events(heard()).map(({ event, context }) => [event.kind, context.id]),
      [
        ['started', '1'],
        ['accept-failed', 'main'],
      ],
    );
    assert.equal(wantedBy(main.observe, 'handshake-finished', { id: '0', service: service(5) }), false);
    assert.equal(wantedBy(main.observe, 'handshake-finished', { id: '0', service: service(6) }), true);
  });

  test('answers after everything that happened before', (t) => {
    const { main, heard } = worker(t, 5);
    main.observe({ kind: 'accepted', client: '127.0.0.1:1' }, { id: '7', connection: 7, service: service(5) });
    main.answer(1, { kind: 'done' });
    assert.deepEqual(
      heard().map(({ kind }) => kind),
      ['events', 'answer'],
    );
  });
});
