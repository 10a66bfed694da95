/**
 * A plain leg is reset in the very turn in which it was ended. Node's own `resetAndDestroy` then fails in silence and leaks the
 * descriptor, because libuv refuses a reset while a shutdown is under way; the peer would see a clean end of a cut stream.
 */
// Tests: src/sockets/node-leg.ts
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { suite, test } from 'node:test';
import { descriptorOf } from '../../src/linux/sockets/descriptor.ts';
import { NodeLeg } from '../../src/sockets/node-leg.ts';
import { eventually } from '../support/eventually.ts';
import { dial, ending, listen } from '../support/net/tcp.ts';
import { requires } from '../support/requirements.ts';

/** When the reset comes after `end()`: before and while the kernel is asked to send FIN. */
const MOMENTS: Readonly<Record<string, () => Promise<unknown>>> = {
  'at once': async () => undefined,
  'in the same turn': () => new Promise<void>((resolve) => process.nextTick(resolve)),
};

suite('a socket that was just ended', { skip: requires({ linux: true }) }, () => {
  for (const [moment, wait] of Object.entries(MOMENTS)) {
    test(`is reset ${moment} and its descriptor closed`, async (t) => {
      const server = await listen(t);
      const client = await dial(t, server.port);
      const peer = await server.next();
      const fd = descriptorOf(client);
      assert.ok(existsSync(`/proc/self/fd/${fd}`));
      client.end();
      await wait();
      new NodeLeg(client).end('reset');
      await eventually('the descriptor is closed', () => !existsSync(`/proc/self/fd/${fd}`));
      assert.equal(await ending(peer), 'ECONNRESET');
    });
  }
});
