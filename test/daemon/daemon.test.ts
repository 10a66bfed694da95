/** What waits for its turn finds the daemon as it is by then. What a daemon does with real listeners is in test/behaviour. */
// Tests: src/daemon/daemon.ts
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import type { DaemonParts } from '../../src/daemon/daemon.ts';
import { Daemon } from '../../src/daemon/daemon.ts';
import { serviceConfig } from '../support/overcoat/service-config.ts';

/** A daemon with the service [svc] and no listeners; a plan for them waits until `go` is called. `planned` has the names in each plan. */
function world(t: TestContext) {
  const { promise: gate, resolve: go } = Promise.withResolvers<void>();
  const planned: string[][] = [];
  const plan = { listen: () => gate, commit: async () => undefined, abandon: async () => undefined };
  const parts = {
    config: { global: { drainMs: 0, pid: undefined } },
    services: [{ config: serviceConfig(), tls: { expiries: [] }, files: { tls: new Map(), names: new Map() } }],
    log: { observe: () => undefined, reopen: () => undefined },
    listeners: {
      plan: async (services: readonly { readonly config: { readonly name: string } }[]) => {
        planned.push(services.map(({ config }) => config.name));
        return plan;
      },
      close: async () => undefined,
    },
    engine: {
      broken: new Promise(() => undefined),
      files: { onChange: () => undefined, watch: async () => undefined, close: () => undefined },
      stopPrograms: () => undefined,
      close: async () => undefined,
      connections: { size: 0, empty: async () => undefined, closeAll: async () => undefined },
    },
    manager: { stopping: () => undefined },
    errands: { close: () => undefined },
  } as unknown as DaemonParts;
  const daemon = new Daemon(parts);
  t.after(async () => {
    daemon.stop('SIGQUIT');
    await daemon.finished;
  });
  return { daemon, planned, go };
}

suite('an order to drain', () => {
  test('is carried out one after the other', async (t) => {
    const { daemon, planned, go } = world(t);
    go();
    await Promise.all([daemon.setDrained('svc', true), daemon.setDrained('svc', false)]);
    assert.deepEqual(planned, [[], ['svc']]);
    assert.equal(daemon.serving.drained.size, 0);
  });

  test('whose turn comes when the daemon is ending changes nothing', async (t) => {
    const { daemon, planned, go } = world(t);
    const [first, second] = [daemon.setDrained('svc', true), daemon.setDrained('svc', false)];
    daemon.stop('SIGTERM');
    go();
    await assert.rejects(first, { code: 'control_refused' });
    await assert.rejects(second, { code: 'control_refused', message: /about to end/ });
    assert.deepEqual(planned, []);
  });

  test('for a service that is gone by then changes nothing', async (t) => {
    const { daemon, planned, go } = world(t);
    go();
    await assert.rejects(daemon.setDrained('former', true), { code: 'control_refused', message: /no service \[former\]/ });
    assert.deepEqual([planned, [...daemon.serving.drained]], [[], []]);
  });
});
