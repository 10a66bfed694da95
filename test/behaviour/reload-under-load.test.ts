/**
 * A hundred reloads, each with another certificate, while twenty transfers run and twenty clients come in at every one of them: no byte
 * is lost or changed, nobody is refused or reset, and each new client meets the certificate of its time. On an idle two-core machine
 * this takes less than ten seconds, which is two hundred new clients a second.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { certificate } from '../support/data/certificates.ts';
import { dial, echoServer, ending, pattern, readExactly, receiveHash, sendPattern } from '../support/net/tcp.ts';
import { clientSection, identity, optionLines, serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';

const RELOADS = 100;
const TRANSFERS = 20;
const CLIENTS = 20;
const ROUND_BYTES = 64 * 1024;
const HEAD = optionLines({ foreground: true, syslog: false, debug: 5 });

/** Plain in at `wrap`, TLS between the two services over a Unix socket, plain out to the backend; the certificate alternates. */
function configuration(backend: number, generation: number): string {
  const { certFile, keyFile } = certificate(generation % 2 === 0 ? 'server' : 'rsa');
  return [
    clientSection('wrap', { connect: '@/inner', debug: 7 }),
    serverSection('unwrap', { accept: '@/inner', connect: backend, debug: 7, ...identity({ certFile, keyFile }) }),
  ].join('');
}

/** One long connection: what was sent must come back, round after round. */
class Transfer {
  readonly #socket: Socket;
  readonly #sent = createHash('sha256');
  readonly #received = createHash('sha256');
  readonly #chunk: Buffer;

  constructor(socket: Socket, seed: number) {
    this.#socket = socket;
    this.#chunk = pattern(seed).subarray(0, ROUND_BYTES);
  }

  async round(): Promise<void> {
    this.#socket.write(this.#chunk);
    this.#sent.update(this.#chunk);
    this.#received.update(await readExactly(this.#socket, this.#chunk.length));
  }

  async finish(): Promise<void> {
    this.#socket.end();
    assert.equal(await ending(this.#socket), 'closed');
    assert.equal(this.#received.digest('hex'), this.#sent.digest('hex'));
  }
}

async function newClient(t: TestContext, port: number): Promise<void> {
  const socket = await dial(t, port);
  socket.write('hello');
  assert.equal((await readExactly(socket, 5)).toString(), 'hello');
  socket.end();
  assert.equal(await ending(socket), 'closed');
}

async function reload(daemon: Daemon, config: string): Promise<void> {
  const from = daemon.lines.length;
  writeFileSync(`${daemon.configFile}.new`, (HEAD + config).replaceAll('@/', `${daemon.folder}/`));
  renameSync(`${daemon.configFile}.new`, daemon.configFile);
  daemon.signal('SIGHUP');
  await daemon.line('Log file reopened', { from });
}

test('a hundred reloads under load', async (t) => {
  const backend = await echoServer(t);
  const daemon = await startDaemon(t, { config: HEAD + configuration(backend.port, 0), bare: true });
  const wrap = await daemon.port('wrap');
  const transfers = await Promise.all(Array.from({ length: TRANSFERS }, async (_, seed) => new Transfer(await dial(t, wrap), seed)));
  const startedAt = performance.now();
  for (let generation = 1; generation <= RELOADS; generation += 1) {
    await Promise.all([
      reload(daemon, configuration(backend.port, generation)),
      ...transfers.map((transfer) => transfer.round()),
      ...Array.from({ length: CLIENTS }, () => newClient(t, wrap)),
    ]);
  }
  t.diagnostic(`${RELOADS} reloads and ${RELOADS * CLIENTS} new clients in ${Math.round(performance.now() - startedAt)} ms`);
  await Promise.all(transfers.map((transfer) => transfer.finish()));
  assert.equal(daemon.lines.filter((line) => line.includes('Configuration successful')).length, RELOADS + 1);
  assert.equal(daemon.lines.filter((line) => line.includes('Failed to reload')).length, 0);
  assert.equal(daemon.lines.filter((line) => line.includes('Connection reset')).length, 0);
  assert.equal(daemon.lines.filter((line) => line.includes('bound to')).length, 2, 'every listener stayed open');
  await daemon.stop();
});

test('five transfers of eight mebibytes survive a SIGTERM', async (t) => {
  const backend = await echoServer(t);
  const daemon = await startDaemon(t, { config: HEAD + configuration(backend.port, 0), bare: true });
  const wrap = await daemon.port('wrap');
  const sockets = await Promise.all(Array.from({ length: 5 }, () => dial(t, wrap)));
  for (const socket of sockets) {
    socket.write('x');
    assert.equal((await readExactly(socket, 1)).toString(), 'x');
  }
  const transfers = sockets.map(async (socket, seed) => {
    const received = receiveHash(socket);
    const sent = await sendPattern(socket, 8 * 2 ** 20, seed);
    socket.end();
    const { bytes, sha256 } = await received;
    assert.equal(bytes, 8 * 2 ** 20);
    assert.equal(sha256, sent);
  });
  daemon.signal('SIGTERM');
  await daemon.line('Waiting up to 30 seconds for 10 connection(s) to finish');
  await Promise.all(transfers);
  const { code } = await daemon.program.finished;
  assert.equal(code, 0);
  daemon.assertNoDefect();
});
