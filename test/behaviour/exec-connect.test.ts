/** `exec` with `connect`: a program in place of the client, started by the daemon, and again with `retry`. */
// Tests: src/connection/dial/program-leg.ts, src/daemon/program-clients.ts, src/programs/program-end.ts
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { closedPort, collect, listen, readExactly } from '../support/net/tcp.ts';
import { listenTls } from '../support/net/tls.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { identity, section, serverSection, verified } from '../support/overcoat/config-text.ts';
import { DAEMON_HEAD, runDaemon, startDaemon } from '../support/overcoat/daemon.ts';

/** A client-mode service whose client is the file `script`. */
function service(name: string, port: number, options: Options = {}): string {
  return section(name, { client: true, exec: '/bin/sh', execArgs: 'sh @/script', connect: port, ...verified(), ...options });
}

suite('exec with connect', { concurrency: true }, () => {
  test('the program is the client, once: both directions, both ends; the daemon stays', async (t) => {
    const upstream = await listenTls(t);
    const config = service('run', upstream.port);
    const daemon = await startDaemon(t, { config, files: { script: 'echo question; cat > "$0.answer"; exit 3' } });
    const server = await upstream.next();
    assert.equal((await readExactly(server, 9)).toString(), 'question\n');
    server.end('answer');
    assert.equal((await collect(server)).length, 0);
    await daemon.line(/LOG6\[0\]: Local mode child started \(PID=\d+\)/);
    await daemon.line('Connection closed: 9 byte(s) sent to TLS, 6 byte(s) sent to socket');
    await daemon.line(/LOG6\[0\]: Child process \d+ finished with code 3/);
    assert.equal(readFileSync(`${daemon.folder}/script.answer`, 'utf8'), 'answer');
    assert.equal(daemon.lines.filter((line) => line.includes('child started')).length, 1);
    daemon.signal('SIGUSR2'); // alive although nothing is listened on and nothing runs
    await daemon.line('Listed 0 active connection(s)');
    daemon.takeBaseline(); // the first one was taken while the program ran
    await daemon.stop();
  });

  test('in server mode the program speaks TLS and the target is plain', async (t) => {
    const backend = await listen(t);
    const script = [
      "import { Socket } from 'node:net';",
      "import { connect } from 'node:tls';",
      "const socket = connect({ socket: new Socket({ fd: 0, allowHalfOpen: true }), servername: 'localhost', rejectUnauthorized: false });",
      "socket.end('said in TLS');",
      'socket.resume();',
    ].join('\n');
    const config = section('run', { exec: process.execPath, execArgs: 'node @/speaker.mjs', connect: backend.port, ...identity() });
    const daemon = await startDaemon(t, { config, files: { 'speaker.mjs': script } });
    const there = await backend.next();
    assert.equal((await collect(there)).toString(), 'said in TLS');
    there.end();
    await daemon.line(/Child process \d+ finished with code 0/);
    daemon.takeBaseline();
    await daemon.stop();
  });

  test('retry starts it again when it and its connection have ended, under an id of its own', async (t) => {
    const upstream = await listenTls(t);
    const daemon = await startDaemon(t, {
      config: service('run', upstream.port, { retry: 100 }),
      files: { script: 'echo $$; read answer' },
    });
    for (const id of ['0', '0_1', '0_2']) {
      const server = await upstream.next();
      await readExactly(server, 2);
      server.end('\n');
      await daemon.line(new RegExp(`LOG6\\[${id}\\]: Child process \\d+ finished with code 0`));
    }
    await (await upstream.next()).destroy();
    daemon.signal('SIGTERM');
    assert.equal((await daemon.program.finished).code, 0);
    daemon.assertNoDefect();
  });

  test('retry also counts where the target or the program cannot be had', async (t) => {
    const port = await closedPort();
    const absent = section('absent', { client: true, exec: '/nowhere/at-all', connect: 1, retry: 50 });
    const daemon = await startDaemon(t, { config: service('run', port, { retry: 50 }) + absent, files: { script: 'cat' } });
    await daemon.line(/LOG3\[0_2\]: s_connect: connect 127\.0\.0\.1:\d+: Connection refused \(111\)/);
    await daemon.line(/LOG3\[1_2\]: exec \/nowhere\/at-all: No such file or directory \(2\)/);
    await daemon.stop({ holding: true });
  });

  test('a reload leaves an unchanged program alone, starts new ones, and starts removed ones no more', async (t) => {
    const upstream = await listenTls(t);
    const files = { script: 'echo in; cat > /dev/null' };
    const daemon = await startDaemon(t, {
      config: service('stays', upstream.port, { retry: 50 }) + service('goes', upstream.port, { retry: 50 }),
      files,
    });
    const first = await upstream.next();
    const second = await upstream.next();
    await readExactly(first, 3);
    await readExactly(second, 3);
    const next = DAEMON_HEAD + service('stays', upstream.port, { retry: 50 }) + service('comes', upstream.port);
    writeFileSync(daemon.configFile, next.replaceAll('@/', `${daemon.folder}/`));
    const before = daemon.lines.length;
    daemon.signal('SIGHUP');
    await daemon.line('Configuration successful', { from: before });
    const third = await upstream.next();
    await readExactly(third, 3);
    await daemon.line(/LOG6\[2\]: Local mode child started/);
    assert.equal(daemon.lines.filter((line) => line.includes('child started')).length, 3);
    const [stays, goes] = await eventually('the connections are told apart', () => {
      const of = (id: string): string | undefined =>
        daemon.lines
          .find((line) => line.includes(`LOG5[${id}]: Service [`))
          ?.split(' ')
          .at(-1);
      const port = (id: string): number => Number(of(id)?.split(':').at(-1));
      const found = [port('0'), port('1')].map((own) => [first, second].find((socket) => socket.remotePort === own));
      return found[0] === undefined || found[1] === undefined ? undefined : ([found[0], found[1]] as const);
    });
    goes.end();
    await daemon.line(/LOG6\[1\]: Child process/);
    stays.end();
    await daemon.line(/LOG6\[0_1\]: Local mode child started/);
    const again = await upstream.next();
    assert.equal(
      daemon.lines.some((line) => line.includes('LOG6[1_1]')),
      false,
    );
    const stopped = daemon.stop({ holding: true });
    for (const socket of [again, third]) socket.destroy(); // only now: 50 ms later `stays` would be back
    await stopped;
  });

  test('retry without exec and connect has no effect, and that is said; a bad value is named', async (t) => {
    const { stderr } = await runDaemon(t, { config: service('run', 1, { retry: 'often' }) });
    assert.match(stderr, /"often" is neither yes, no nor milliseconds/);
    const daemon = await startDaemon(t, {
      config: serverSection('s', { connect: 1, retry: true }),
    });
    await daemon.line('"retry" has no effect without exec and connect');
    await daemon.stop();
  });
});
