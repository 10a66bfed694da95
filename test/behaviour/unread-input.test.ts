/**
 * A peer on a Unix socket, a program's pair or a terminal that answers and leaves without having read all that it was sent: its answer is
 * whole, although the kernel speaks of a reset. What is sent to it afterwards still breaks the connection.
 */
// Tests: src/sockets/descriptor-leg.ts, src/sockets/sending-leg.ts, src/sockets/socket.ts, src/programs/program-end.ts
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { collect } from '../support/net/tcp.ts';
import { dialTls, listenTls } from '../support/net/tls.ts';
import { section, serverSection, verified } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { tempFolder } from '../support/temp.ts';

/** Reads the first byte, so that the rest has arrived too, and no more. */
const READ_ONE = 'head -c 1 > /dev/null; ';
/** Less than a pair of sockets holds, more than the runtime reads at once. */
const HELD = 150_000;
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

/** Answers with `answer` once something has come, and leaves with most of it unread. */
function answerAndLeave(socket: Socket, answer: string): void {
  socket.once('readable', () => {
    socket.read(1);
    socket.write(answer, () => socket.destroy());
  });
}

async function listenUnix(t: TestContext, handle: (socket: Socket) => void): Promise<string> {
  const path = `${tempFolder(t)}/socket`;
  const server = createServer({ allowHalfOpen: true }, handle).listen(path);
  await once(server, 'listening');
  t.after(() => server.close());
  return path;
}

for (const version of VERSIONS)
  suite(`input that is not read, ${version}`, { concurrency: true }, () => {
    const versions = { minVersion: version, maxVersion: version, servername: 'localhost' };

    for (const pty of [false, true])
      test(`a program${pty ? ' on a terminal' : ''} answers, reads no more and exits: its client gets the answer and an end`, async (t) => {
        const daemon = await startDaemon(t, {
          config: serverSection('run', { exec: '/bin/sh', execArgs: 'sh @/script', pty }),
          files: { script: `${READ_ONE}echo answer` },
        });
        const client = await dialTls(t, await daemon.port('run'), versions);
        client.write('hello\n');
        assert.match((await collect(client)).toString(), /answer\r?\n$/);
        client.end();
        await daemon.line(/Connection closed: /);
        await daemon.stop();
      });

    test('more was sent than a program could be given, and its answer is long: all of it arrives', async (t) => {
      const daemon = await startDaemon(t, {
        config: serverSection('run', { exec: '/bin/sh', execArgs: 'sh @/script' }),
        files: { script: `${READ_ONE}head -c 3000000 /dev/zero` },
      });
      const client = await dialTls(t, await daemon.port('run'), versions);
      client.write(Buffer.alloc(400_000));
      assert.equal((await collect(client)).length, 3_000_000);
      client.end();
      await daemon.line(/Connection closed: /);
      await daemon.stop();
    });

    test('a server on a Unix socket answers, reads no more and leaves', async (t) => {
      const path = await listenUnix(t, (socket) => answerAndLeave(socket, 'answer'));
      const daemon = await startDaemon(t, { config: serverSection('run', { connect: path }) });
      const client = await dialTls(t, await daemon.port('run'), versions);
      client.write(Buffer.alloc(HELD));
      assert.equal((await collect(client)).toString(), 'answer');
      client.end();
      await daemon.line(/Connection closed: /);
      await daemon.stop();
    });

    test('client mode: a program asks and exits with a greeting unread; the server gets the question and an end, what it says then a reset', async (t) => {
      const upstream = await listenTls(t, { minVersion: version, maxVersion: version }, (socket) => socket.write('greeting'));
      const daemon = await startDaemon(t, {
        config: section('run', { client: true, exec: '/bin/sh', execArgs: 'sh @/script', connect: upstream.port, ...verified() }),
        files: { script: `${READ_ONE}echo question` },
      });
      const server = await upstream.next();
      assert.equal((await collect(server)).toString(), 'question\n');
      server.write('nobody is there');
      await daemon.line(/Connection reset: /);
      server.write('still nobody');
      await eventually('the reset has come through', () => server.destroyed);
      daemon.takeBaseline();
      await daemon.stop();
    });

    test('client mode: a client on a Unix socket asks and leaves with an answer unread', async (t) => {
      const upstream = await listenTls(t, { minVersion: version, maxVersion: version }, (socket) => socket.write(Buffer.alloc(HELD)));
      const daemon = await startDaemon(t, {
        config: section('run', { client: true, accept: '@/clients', connect: upstream.port, ...verified() }),
      });
      const client = connect(`${daemon.folder}/clients`);
      t.after(() => client.destroy());
      answerAndLeave(client, 'question');
      const server = await upstream.next();
      assert.equal((await collect(server)).toString(), 'question');
      server.write('nobody is there');
      await daemon.line(/Connection reset: /);
      server.write('still nobody');
      await eventually('the reset has come through', () => server.destroyed);
      await daemon.stop();
    });
  });
