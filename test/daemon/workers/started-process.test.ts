/** A process that takes a role: what its TLS library is told comes with the role of a worker; one that cannot take it, or has one, must end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StartedProcess } from '../../../src/daemon/workers/started-process.ts';
import type { WorkerSurroundings } from '../../../src/daemon/workers/worker-server.ts';

const library = { providers: [{ name: 'nowhere', parameters: [{ name: 'pin', value: '4711' }] }], fips: false };

test('a worker that cannot load its provider takes no role, and nothing says the parameter', async () => {
  const started = new StartedProcess({} as WorkerSurroundings);
  const role = { kind: 'worker', slot: 1, ticketMaster: new Uint8Array(32), asksForNames: false, library } as const;
  await assert.rejects(
    started.carryOut({ kind: 'take-role', role }, []),
    (error: Error) => error.message.startsWith('provider = nowhere: ') && !String(error.stack).includes('4711'),
  );
  const answer = await started.carryOut({ kind: 'forget', generations: [] }, []);
  assert.deepEqual(answer, { kind: 'failed', code: 'internal', text: 'a spare was told to forget' });
});

test('whoever has a role takes no other: what a reader may read is said once', async () => {
  const supervisor = { filesChanged: () => undefined };
  const started = new StartedProcess({ supervisor } as unknown as WorkerSurroundings);
  const role = { kind: 'reader', mayRead: ['file a'], folder: '/' } as const;
  assert.deepEqual(await started.carryOut({ kind: 'take-role', role }, []), { kind: 'done' });
  const other = { ...role, mayRead: ['file b'] };
  await assert.rejects(started.carryOut({ kind: 'take-role', role: other }, []), /told to take another role/);
});
