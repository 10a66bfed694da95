/** What the supervisor does for a worker that was taken over has an end, whatever the worker says and however often it is replaced. */
// Tests: src/daemon/workers/supervisor/replies-of-pool.ts
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ExecConfig } from '../../../../src/config/config.ts';
import type { Asker, Sources } from '../../../../src/daemon/workers/supervisor/replies-of-pool.ts';
import { RepliesOfPool } from '../../../../src/daemon/workers/supervisor/replies-of-pool.ts';
import type { ProcessName } from '../../../../src/observe/daemon-events.ts';
import type { OvercoatEvent } from '../../../../src/observe/events.ts';
import type { ProgramFacts } from '../../../../src/programs/environment.ts';

const EXEC = { path: '/nowhere/at-all' } as ExecConfig;
const NOTHING: ProgramFacts = { client: undefined, subject: undefined, issuer: undefined };

/** One configuration with one program, and so many connections. */
function pool(connections: number | undefined) {
  const exceeded: ProcessName[] = [];
  const sources = {
    observe: (event: OvercoatEvent): void => {
      if (event.kind === 'programs-exceeded') exceeded.push(event.worker);
    },
    generations: { ownProgram: (exec: ExecConfig) => (exec === EXEC ? EXEC : undefined) },
    connectionLimit: () => connections,
  } as unknown as Sources;
  return { replies: new RepliesOfPool(sources), exceeded };
}

function asker(role: ProcessName | undefined): Asker {
  return { role: () => role, isOver: () => false, isBehind: () => false };
}

suite('programs that a process asks for', () => {
  test('are those of a configuration, and asked for by a worker', async () => {
    const { replies } = pool(undefined);
    await assert.rejects(replies.startProgram(asker(1), { ...EXEC }, NOTHING), { code: 'EPERM' });
    for (const role of [undefined, 'service', 'reader'] as const)
      await assert.rejects(replies.startProgram(asker(role), EXEC, NOTHING), { code: 'EPERM' });
    await assert.rejects(replies.startProgram(asker(1), EXEC, NOTHING), { code: 'ENOENT' });
  });

  test('are told no more than a connection can be known for', async () => {
    const { replies } = pool(undefined);
    const much = 'x'.repeat(4097);
    for (const facts of [{ subject: much }, { issuer: much }, { client: { address: much, port: 1 } }, { subject: [much] }])
      await assert.rejects(replies.startProgram(asker(1), EXEC, { ...NOTHING, ...facts } as unknown as ProgramFacts), { code: 'E2BIG' });
    await assert.rejects(replies.startProgram(asker(1), EXEC, { ...NOTHING, subject: much.slice(1) }), { code: 'ENOENT' });
  });

  test('count for the number of the worker: the one that takes its place has no more of them', async () => {
    const { replies, exceeded } = pool(0);
    for (const each of [asker(1), asker(1), asker(2)]) await assert.rejects(replies.startProgram(each, EXEC, NOTHING), { code: 'EAGAIN' });
    assert.deepEqual(exceeded, [1, 2]);
  });
});
