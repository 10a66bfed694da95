/** What each signal does to a running daemon, under both launchers (man page, SIGNALS). */
// Tests: src/daemon/daemon.ts, src/daemon/signals.ts
import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { dial, ending, readExactly } from '../support/net/tcp.ts';
import { listenTls } from '../support/net/tls.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { clientSection, optionLines, serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import type { Place } from '../support/program.ts';
import { requires } from '../support/requirements.ts';

/** A daemon with one running connection through it that echoes. */
async function withConnection(
  t: TestContext,
  launcher: 'overcoat' | 'overcoat-stunnel' = 'overcoat',
  globals: Options = {},
): Promise<{ daemon: Daemon; say: (text: string) => Promise<void>; end: () => void; ended: Promise<string> }> {
  const upstream = await listenTls(t, {}, (socket) => socket.pipe(socket));
  const config = optionLines(globals) + clientSection('svc', { connect: upstream.port });
  const daemon = await startDaemon(t, { config, launcher });
  const socket = await dial(t, await daemon.port('svc'));
  const say = async (text: string): Promise<void> => {
    socket.write(text);
    assert.equal((await readExactly(socket, text.length)).toString(), text);
  };
  await say('hello');
  return { daemon, say, end: () => void socket.end(), ended: ending(socket) };
}

suite('signals', () => {
  for (const [signal, text] of [
    ['SIGTERM', /LOG5\[main\]: Terminated$/],
    ['SIGINT', /LOG3\[main\]: Received SIGINT; terminating$/],
    ['SIGQUIT', /LOG3\[main\]: Received SIGQUIT; terminating$/],
  ] as const) {
    test(`${signal} ends an idle daemon at once, with exit code 0`, async (t) => {
      const daemon = await startDaemon(t, { config: clientSection('svc', { connect: 1 }) });
      await daemon.stop({ signal });
      assert.match(daemon.lines.at(-1) ?? '', text);
    });

    test(`${signal} ends overcoat-stunnel at once, with its connections`, async (t) => {
      const { daemon, ended } = await withConnection(t, 'overcoat-stunnel');
      await daemon.stop({ signal, holding: true });
      assert.equal(await ended, 'ECONNRESET', 'a cut stream is not a finished one');
      assert.ok(daemon.lines.some((line) => text.test(line)));
      assert.ok(daemon.lines.some((line) => line.endsWith('Connection reset: 5 byte(s) sent to TLS, 5 byte(s) sent to socket')));
    });
  }

  test('SIGINT does not wait for connections, whatever the drain', async (t) => {
    const { daemon, ended } = await withConnection(t);
    await daemon.stop({ signal: 'SIGINT', holding: true });
    assert.equal(await ended, 'ECONNRESET');
  });

  test('SIGUSR1 opens the log file again', async (t) => {
    const config = optionLines({ output: '@/log' }) + clientSection('svc', { connect: 1 });
    const daemon = await startDaemon(t, { config });
    const log = join(daemon.folder, 'log');
    renameSync(log, `${log}.1`);
    daemon.signal('SIGUSR1');
    await daemon.line('LOG5[main]: Log file reopened');
    await eventually('the new file has the line', () => existsSync(log) && readFileSync(log, 'utf8').endsWith('Log file reopened\n'));
    assert.match(readFileSync(`${log}.1`, 'utf8'), /Configuration successful/);
    await daemon.stop();
    assert.match(readFileSync(log, 'utf8'), /LOG5\[main\]: Terminated\n$/);
  });

  test('SIGUSR2 lists the connections at level emerg', async (t) => {
    const { daemon, say } = await withConnection(t);
    await say('more');
    daemon.signal('SIGUSR2');
    await daemon.line('LOG0[main]: Listed 1 active connection(s)');
    await daemon.line('LOG0[main]: Active connections:');
    await daemon.line('LOG0[main]: Active connection 0: Service [svc], 9 byte(s) sent to TLS, 9 byte(s) sent to socket');
    await daemon.stop({ signal: 'SIGINT', holding: true });
  });

  test('those that were ignored at start stay so', { skip: requires({ linux: true, launcher: true }) }, async (t) => {
    const trapped: Place = { name: 'a shell that ignores', enter: (argv) => ['sh', '-c', 'trap "" INT QUIT; exec "$0" "$@"', ...argv] };
    const config = clientSection('svc', { connect: 1 });
    const daemon = await startDaemon(t, { config, launcher: 'overcoat-stunnel', place: trapped });
    daemon.signal('SIGINT');
    daemon.signal('SIGQUIT');
    daemon.signal('SIGUSR2');
    await daemon.line('Listed 0 active connection(s)');
    assert.ok(!daemon.lines.some((line) => line.includes('terminating')));
    await daemon.stop();
  });

  test('SIGPIPE is nothing', async (t) => {
    const { daemon, say } = await withConnection(t);
    daemon.signal('SIGPIPE');
    daemon.signal('SIGUSR2');
    await daemon.line('Listed 1 active connection(s)');
    await say('alive');
    await daemon.stop({ signal: 'SIGINT', holding: true });
  });
});

suite('SIGTERM drains', () => {
  test('running connections finish, new ones are refused, and the exit code is 0', async (t) => {
    const { daemon, say, end } = await withConnection(t);
    const port = await daemon.port('svc');
    daemon.signal('SIGTERM');
    await daemon.line('LOG5[main]: Waiting up to 30 seconds for 1 connection(s) to finish');
    await say('still here');
    const refused = connect(port, '127.0.0.1');
    assert.equal(await ending(refused), 'ECONNREFUSED');
    assert.equal(daemon.program.ended, false);
    await say('and here');
    end();
    assert.equal((await daemon.program.finished).code, 0);
    assert.ok(daemon.lines.some((line) => line.endsWith('Connection closed: 23 byte(s) sent to TLS, 23 byte(s) sent to socket')));
    daemon.assertNoDefect();
  });

  test('a second SIGTERM cuts them off at once, with exit code 1', async (t) => {
    const { daemon, ended } = await withConnection(t);
    daemon.signal('SIGTERM');
    await daemon.line('Waiting up to 30 seconds');
    await daemon.stop({ holding: true, code: 1 });
    assert.equal(await ended, 'ECONNRESET');
    await daemon.line('Cutting off 1 connection(s)');
  });

  test('at the end of TIMEOUTdrain what is left is cut off, with exit code 1', async (t) => {
    const { daemon, ended } = await withConnection(t, 'overcoat', { TIMEOUTdrain: 1 });
    await daemon.stop({ holding: true, code: 1 });
    assert.equal(await ended, 'ECONNRESET');
    await daemon.line('Waiting up to 1 seconds for 1 connection(s) to finish');
  });

  test('with TIMEOUTdrain = 0 nothing is waited for, with exit code 0', async (t) => {
    const { daemon, ended } = await withConnection(t, 'overcoat', { TIMEOUTdrain: 0 });
    await daemon.stop({ holding: true });
    assert.equal(await ended, 'ECONNRESET');
  });

  test('a connection in its handshake counts as one', async (t) => {
    const config = serverSection('svc', { connect: 1 });
    const daemon = await startDaemon(t, { config });
    const silent = await dial(t, await daemon.port('svc'));
    await daemon.line('accepted connection');
    daemon.signal('SIGTERM');
    await daemon.line('Waiting up to 30 seconds for 1 connection(s) to finish');
    silent.destroy();
    assert.equal((await daemon.program.finished).code, 0);
    daemon.assertNoDefect();
  });
});
