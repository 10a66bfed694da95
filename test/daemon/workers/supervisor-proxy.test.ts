/** What a worker sends of what happens in it: data, in order, with its time, and nothing that nobody wants. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ServiceConfig } from '../../../src/config/config.ts';
import type { FromWorker } from '../../../src/daemon/workers/messages.ts';
import { SharedSettings } from '../../../src/daemon/workers/shared-state.ts';
import { SupervisorProxy } from '../../../src/daemon/workers/supervisor-proxy.ts';
import { wantedBy } from '../../../src/observe/observers.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';

/** The rest of this turn of the event loop. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** @param level of what belongs to no service */
function worker(level: number): { readonly supervisor: SupervisorProxy; readonly heard: () => FromWorker[] } {
  const settings = new SharedSettings(new Int32Array(SharedSettings.LENGTH));
  settings.logLevel = level;
  const messages: FromWorker[] = [];
  const supervisor = new SupervisorProxy(settings, (message) => messages.push(structuredClone(message)));
  return { supervisor, heard: () => messages.splice(0) };
}

const service = (logLevel: ServiceConfig['logLevel']): ServiceConfig => serviceConfig({ mode: 'server', service: { name: 's', logLevel } });
const events = (messages: readonly FromWorker[]) => messages.flatMap((message) => (message.kind === 'events' ? message.events : []));

suite('a worker', () => {
  test('sends events as data, with the little of the service that observers may know, and when they happened', async () => {
    const { supervisor, heard } = worker(5);
    const about = { id: '7', connection: 7, service: service(5) };
    const before = Date.now();
    supervisor.observe({ kind: 'accepted', client: '127.0.0.1:1' }, about);
    supervisor.observe({ kind: 'tls-cut-off', by: 'client', taken: 'for a failure' }, about);
    assert.deepEqual(heard(), [], 'not before the turn has ended');
    await turn();
    const after = Date.now();
    const messages = heard();
    assert.equal(messages.length, 1);
    const [first, second] = events(messages);
    assert.deepEqual(first?.event, { kind: 'accepted', client: '127.0.0.1:1' });
    assert.deepEqual(second?.event, { kind: 'tls-cut-off', by: 'client', taken: 'for a failure' });
    assert.deepEqual(first?.context, {
      id: '7',
      connection: 7,
      service: { name: 's', mode: 'server', origin: 'file', logLevel: 5, serverName: { kind: 'none' } },
    });
    assert.equal(first?.context.service, second?.context.service, 'sent once');
    assert.ok(before <= (first?.at ?? 0) && (second?.at ?? 0) <= after);
  });

  test('sends nothing that no log shows: by the level of the service, else by that of the process', async () => {
    const { supervisor, heard } = worker(3);
    supervisor.observe({ kind: 'started' }, { id: '0', connection: 0, service: service(6) });
    supervisor.observe({ kind: 'started' }, { id: '1', connection: 1, service: service(7) });
    supervisor.observe({ kind: 'too-many-clients', limit: 1 }, { id: 'main', service: undefined });
    supervisor.observe({ kind: 'accept-failed', text: 'no', errno: 24, again: false }, { id: 'main', service: undefined });
    supervisor.observe({ kind: 'alert', direction: 'sent', peer: 'client', number: 40, name: 'x' }, { id: 'main', service: service(7) });
    await turn();
    assert.deepEqual(
      events(heard()).map(({ event, context }) => [event.kind, context.id]),
      [
        ['started', '1'],
        ['accept-failed', 'main'],
      ],
    );
    assert.equal(wantedBy(supervisor.observe, 'handshake-finished', { id: '0', service: service(5) }), false);
    assert.equal(wantedBy(supervisor.observe, 'handshake-finished', { id: '0', service: service(6) }), true);
  });

  test('answers after everything that happened before', () => {
    const { supervisor, heard } = worker(5);
    supervisor.observe({ kind: 'accepted', client: '127.0.0.1:1' }, { id: '7', connection: 7, service: service(5) });
    supervisor.answer(1, { kind: 'done' });
    assert.deepEqual(
      heard().map(({ kind }) => kind),
      ['events', 'answer'],
    );
  });
});
