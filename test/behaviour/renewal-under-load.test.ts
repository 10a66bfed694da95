/**
 * Five renewals, seen by themselves, while twenty transfers run and new clients never cease to come: nobody is refused or reset, no byte is
 * lost or changed, and no listener closes. The clients are as many as two loops can ask for, one after the other.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, renameSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { certificate } from '../support/data/certificates.ts';
import { dial, echoServer, ending, pattern, readExactly } from '../support/net/tcp.ts';
import { clientSection, optionLines, serverSection } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { tempFolder } from '../support/temp.ts';

const RENEWALS = 5;
const TRANSFERS = 20;
const LOOPS = 2;
const ROUND_BYTES = 32 * 1024;

interface Counted {
  clients: number;
}

/** A client after the other until it is told to end; the first failure ends the test. */
async function clients(t: TestContext, port: number, goesOn: () => boolean, counted: Counted): Promise<void> {
  while (goesOn()) {
    const socket = await dial(t, port);
    socket.write('hello');
    assert.equal((await readExactly(socket, 5)).toString(), 'hello');
    socket.end();
    assert.equal(await ending(socket), 'closed');
    counted.clients += 1;
  }
}

async function transfer(socket: Socket, seed: number, goesOn: () => boolean): Promise<void> {
  const [sent, received] = [createHash('sha256'), createHash('sha256')];
  const chunk = pattern(seed).subarray(0, ROUND_BYTES);
  while (goesOn()) {
    socket.write(chunk);
    sent.update(chunk);
    received.update(await readExactly(socket, chunk.length));
    await ticks(20); // twenty of them leave room for clients
  }
  socket.end();
  assert.equal(await ending(socket), 'closed');
  assert.equal(received.digest('hex'), sent.digest('hex'));
}

async function ticks(count: number): Promise<void> {
  for (let tick = 0; tick < count; tick += 1) await new Promise((resolve) => setImmediate(resolve));
}

test('renewals under load', async (t) => {
  const folder = tempFolder(t);
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const put = (generation: number): void => {
    const { certFile, keyFile } = certificate(generation % 2 === 0 ? 'server' : 'ed25519');
    for (const [from, to] of [
      [certFile, cert],
      [keyFile, key],
    ] as const) {
      copyFileSync(from, `${to}.new`);
      renameSync(`${to}.new`, to);
    }
  };
  put(0);
  const backend = await echoServer(t);
  const sections = [
    clientSection('wrap', { connect: '@/inner', debug: 6, sessionResume: false }),
    serverSection('unwrap', { accept: '@/inner', connect: backend.port, debug: 6, cert, key, reloadCerts: 'watch' }),
  ];
  const daemon = await startDaemon(t, { config: optionLines({ foreground: true, syslog: false }) + sections.join(''), bare: true });
  const wrap = await daemon.port('wrap');
  let going = true;
  const counted = { clients: 0 };
  const work = [
    ...Array.from({ length: LOOPS }, () => clients(t, wrap, () => going, counted)),
    ...Array.from({ length: TRANSFERS }, async (_, seed) => transfer(await dial(t, wrap), seed, () => going)),
  ];
  const failed = Promise.race(work.map((each) => each.then(() => new Promise<never>(() => undefined))));
  for (let generation = 1; generation <= RENEWALS; generation += 1) {
    const from = daemon.lines.length;
    put(generation);
    await Promise.race([failed, daemon.line('certificate of [unwrap] renewed', { from })]);
  }
  going = false;
  await Promise.all(work);
  t.diagnostic(`${counted.clients} new clients during ${RENEWALS} renewals`);
  assert.ok(counted.clients > 0);
  const count = (text: string): number => daemon.lines.filter((line) => line.includes(text)).length;
  assert.equal(count('Renewed from'), RENEWALS);
  assert.equal(count('Connection reset'), 0);
  assert.equal(count('not taken'), 0);
  assert.equal(count('bound to'), 2, 'every listener stayed open');
  await daemon.stop();
});
