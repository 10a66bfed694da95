/** `overcoat connections` where there are more than one answer has. */
// Tests: src/cli/commands/connections.ts
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { runOvercoat } from '../../support/overcoat/daemon.ts';
import { tempFolder } from '../../support/temp.ts';

const OPEN = 5;
const IN_ONE_ANSWER = 2;

/** A process that gives few at a time. @param older it knows nothing of what follows. @returns the path of its control socket */
async function processWithMany(t: TestContext, older: boolean): Promise<string> {
  const server = createServer((request, response) => {
    const after = Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('after') ?? -1);
    const following = Array.from({ length: OPEN }, (_, connection) => ({ connection, service: 'svc', client: '', name: '' })).slice(
      after + 1,
    );
    const connections = following.slice(0, IN_ONE_ANSWER);
    const next = following.length > IN_ONE_ANSWER ? connections.at(-1)?.connection : null;
    response.end(JSON.stringify({ total: OPEN, connections, ...(older ? {} : { next }) }));
  });
  const path = join(tempFolder(t), 'control.sock');
  await once(server.listen(path), 'listening');
  t.after(() => server.close());
  return path;
}

test('all of them are asked for, part by part', async (t) => {
  const { stdout, stderr } = await runOvercoat(['connections', '--json', '--control', await processWithMany(t, false)]);
  const listed = JSON.parse(stdout) as readonly { readonly connection: number }[];
  assert.deepEqual(
    listed.map(({ connection }) => connection),
    [0, 1, 2, 3, 4],
  );
  assert.equal(stderr, '');
});

test('how many are not shown is said where the process is older and has no more', async (t) => {
  const { code, stdout, stderr } = await runOvercoat(['connections', '--json', '--control', await processWithMany(t, true)]);
  assert.equal((JSON.parse(stdout) as readonly unknown[]).length, IN_ONE_ANSWER);
  assert.deepEqual([code, stderr], [0, 'overcoat: 3 more are open and not shown\n']);
});
