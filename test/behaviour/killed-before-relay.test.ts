/** A process that is killed while it prepares a connection: a client in clear has been told nothing, and must not take that for all there is. */
// Tests: src/connection/accept/accepted.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dial, ending, listen } from '../support/net/tcp.ts';
import { clientSection } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';

for (const [reset, end] of [
  [true, 'ECONNRESET'],
  [false, 'closed'],
] as const)
  test(`while its server is silent in the handshake: with reset = ${reset ? 'yes' : 'no'} the client's end is ${end}`, async (t) => {
    const silent = await listen(t);
    const daemon = await startDaemon(t, { config: clientSection('svc', { connect: silent.port, reset }) });
    const socket = await dial(t, await daemon.port('svc'));
    await silent.next();
    const ended = ending(socket);
    daemon.signal('SIGKILL');
    assert.equal(await ended, end);
  });
