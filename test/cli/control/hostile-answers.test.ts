/** Whatever the process behind a control socket answers, and whoever that is: nothing of it moves the cursor of a terminal. */
// Tests: src/cli/commands/status.ts, src/cli/commands/connections.ts, src/cli/commands/orders.ts, src/cli/control/ask.ts
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { ask, follow } from '../../../src/cli/control/ask.ts';
import { PATIENCE_MS } from '../../support/eventually.ts';
import { runOvercoat } from '../../support/overcoat/daemon.ts';
import { tempFolder } from '../../support/temp.ts';

const HOSTILE = '\u001b[2J\u009b31m\u202e\u0007\r\nfalse line';
const UNSAFE = /[^\n\x20-\x7e]/;

const STATUS = {
  version: HOSTILE,
  pid: HOSTILE,
  source: HOSTILE,
  uptimeSeconds: 1,
  ready: false,
  reasons: [HOSTILE],
  workers: HOSTILE,
  open: HOSTILE,
  silent: HOSTILE,
  bytesPerSecond: 1,
  accepted: HOSTILE,
  failed: HOSTILE,
};
const SERVICE = { ...STATUS, name: HOSTILE, mode: HOSTILE, addresses: [HOSTILE], drained: false };
const PROBLEM = { at: HOSTILE, code: HOSTILE, service: HOSTILE, client: HOSTILE, destination: HOSTILE, text: HOSTILE, remedy: HOSTILE };
const CONNECTION = {
  connection: HOSTILE,
  service: HOSTILE,
  client: HOSTILE,
  name: HOSTILE,
  stage: HOSTILE,
  seconds: 1,
  toTls: 1,
  toPlain: 1,
  bytesPerSecond: 1,
  silentSeconds: 0,
};
const EVENTS = [
  ['accepted', { at: HOSTILE, connection: HOSTILE, service: HOSTILE, client: HOSTILE }],
  ['closed', { at: HOSTILE, service: HOSTILE, reason: { kind: 'failed', code: HOSTILE, message: HOSTILE }, toTls: HOSTILE }],
  ['lost', { count: HOSTILE }],
] as const;

const ANSWERS: Readonly<Record<string, object>> = {
  '/api/v1/status': STATUS,
  '/api/v1/services': { services: [SERVICE] },
  '/api/v1/problems': { problems: [PROBLEM] },
  '/api/v1/certificates': { own: [{ of: HOSTILE, service: HOSTILE, name: HOSTILE, daysLeft: 1 }] },
  '/api/v1/connections': { total: 1, connections: [CONNECTION] },
};

/** @returns the path of its socket */
async function hostileProcess(t: TestContext, reload: { readonly code: number; readonly body: object }): Promise<string> {
  const server: Server = createServer((request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    if (path === '/api/v1/events')
      response.end(EVENTS.map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join(''));
    else if (path === '/api/v1/reload') response.writeHead(reload.code).end(JSON.stringify(reload.body));
    else if (ANSWERS[path] !== undefined) response.end(JSON.stringify(ANSWERS[path]));
    else response.writeHead(409).end(JSON.stringify({ error: HOSTILE }));
  });
  const path = join(tempFolder(t), 'control.sock');
  await once(server.listen(path), 'listening');
  t.after(() => server.close());
  return path;
}

const RELOADED = { code: 200, body: { added: [HOSTILE], removed: [HOSTILE], changed: [HOSTILE] } };
const REFUSED = { code: 409, body: { error: HOSTILE, problems: [HOSTILE, HOSTILE] } };

suite('what another process answers is only text', () => {
  for (const [words, reload] of [
    [['status'], RELOADED],
    [['status', '--json'], RELOADED],
    [['connections'], RELOADED],
    [['connections', '--json'], RELOADED],
    [['connections', '--follow'], RELOADED],
    [['connections', '--follow', '--json'], RELOADED],
    [['reload'], RELOADED],
    [['reload'], REFUSED],
    [['end', '1'], RELOADED],
    [['drain', 'svc'], RELOADED],
    [['log', '7'], RELOADED],
  ] as const)
    test(`for overcoat ${words.join(' ')}, answered with ${reload.code}`, async (t) => {
      const control = await hostileProcess(t, reload);
      const { stdout, stderr } = await runOvercoat([...words, '--control', control]);
      const shown = stdout + stderr;
      assert.match(shown, /false line/);
      assert.doesNotMatch(shown, UNSAFE);
      assert.doesNotMatch(shown, /^false line/m);
    });
});

test('an answer without end is not kept', async (t) => {
  const piece = 'x'.repeat(2 ** 20);
  const server = createServer((_, response) => {
    const more = (): void => {
      let room = true;
      while (room && !response.destroyed) room = response.write(piece);
    };
    response.on('drain', more);
    more();
  });
  const path = join(tempFolder(t), 'control.sock');
  await once(server.listen(path), 'listening');
  t.after(() => server.close());
  const refusal = { code: 'control_unreachable', message: `The process behind ${path} says too much in one answer` };
  await assert.rejects(ask(path, '/api/v1/status', { withinMs: PATIENCE_MS }), refusal);
  await assert.rejects(follow(path).next(), refusal);
});

test('an answer that does not end is not waited for', async (t) => {
  const server = createServer((_, response) => void response.write('{'));
  const path = join(tempFolder(t), 'control.sock');
  await once(server.listen(path), 'listening');
  t.after(() => server.close());
  await assert.rejects(ask(path, '/api/v1/status', { withinMs: 1000 }), { code: 'control_unreachable' });
});

test('an answer that begins without end is not waited for', async (t) => {
  const path = await socketProcess(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nx: ');
    const drops = setInterval(() => socket.write('x'), 100);
    socket.once('close', () => clearInterval(drops));
  });
  await assert.rejects(ask(path, '/api/v1/status', { withinMs: 1000 }), { code: 'control_unreachable', message: /it does not answer/ });
});

for (const words of [['status'], ['connections'], ['connections', '--follow']])
  test(`overcoat ${words.join(' ')} waits as long as it is told for who does not answer`, async (t) => {
    const path = await socketProcess(t, (socket) => void socket.resume());
    const { code, stderr } = await runOvercoat([...words, '--within', '1', '--control', path]);
    assert.equal(code, 1);
    assert.match(stderr, /cannot be asked: it does not answer/);
  });

/** @returns the path of the socket of a process that takes connections, and does this with them */
async function socketProcess(t: TestContext, taken: (socket: Socket) => void): Promise<string> {
  const server = createTcpServer((socket) => taken(socket.on('error', () => undefined)));
  const path = join(tempFolder(t), 'control.sock');
  await once(server.listen(path), 'listening');
  t.after(() => server.close());
  return path;
}
