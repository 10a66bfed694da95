/** Services that connect to themselves: refused at the start where that can be seen, ended as a loop where it cannot. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { suite, test } from 'node:test';
import { closedPort, echoServer, ending, readExactly } from '../support/net/tcp.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { clientSection, optionLines, serverSection } from '../support/overcoat/config-text.ts';
import { DAEMON_HEAD, runDaemon, runOvercoat, startDaemon } from '../support/overcoat/daemon.ts';

function client(name: string, accept: number | string, target: number | string, options: Options = {}): string {
  return clientSection(name, { accept: `${accept}`, connect: `${target}`, ...options });
}

function server(name: string, accept: number | string, target: number | string, options: Options = {}): string {
  return serverSection(name, { accept: `${accept}`, connect: `${target}`, ...options });
}

suite('a ring that the configuration shows', { concurrency: 2 }, () => {
  for (const workers of [1, 2])
    test(`is refused at the start, with ${workers} worker(s)`, async (t) => {
      const head = optionLines({ workers });
      const [one, two] = [await closedPort(), await closedPort()];
      const itself = await runDaemon(t, { config: `${head}${client('c', one, one)}` });
      assert.equal(itself.code, 1);
      assert.equal(
        itself.stderr,
        'overcoat: Service [c] connects to itself: its `connect` is its own `accept`, and no connection would ever leave; change `connect`\n',
      );
      const ring = `${client('c', `127.0.0.1:${one}`, `127.0.0.1:${two}`)}${server('s', `127.0.0.1:${two}`, `127.0.0.1:${one}`)}`;
      const both = await runDaemon(t, { config: head + ring, launcher: 'overcoat-stunnel' });
      assert.equal(both.code, 1);
      assert.match(
        both.stderr,
        /\[!\] Services \[c\] -> \[s\] -> \[c\] connect to each other in a ring, .*\n\[!\] Configuration failed\n$/,
      );
    });

  test('is refused as a command', async () => {
    const port = await closedPort();
    const { code, stderr } = await runOvercoat(['client', `127.0.0.1:${port}`, `127.0.0.1:${port}`, '--sni', 'a.example']);
    assert.equal(code, 1);
    assert.match(stderr, /^overcoat: Service \[client\] connects to itself/);
  });

  test('is no reload, and the old configuration serves on', async (t) => {
    const backend = await echoServer(t);
    const port = await closedPort();
    const daemon = await startDaemon(t, { config: client('c', `127.0.0.1:${port}`, `127.0.0.1:${backend.port}`) });
    writeFileSync(daemon.configFile, DAEMON_HEAD + client('c', `127.0.0.1:${port}`, `127.0.0.1:${port}`));
    const from = daemon.lines.length;
    daemon.signal('SIGHUP');
    await daemon.line(/LOG3\[main\]: Service \[c\] connects to itself/, { from });
    await daemon.line('Failed to reload the configuration file', { from });
    await daemon.stop();
  });
});

suite('a ring that only shows while connections run', { concurrency: 2 }, () => {
  for (const workers of [1, 2])
    test(`ends one client as a loop, in a few lines, with ${workers} worker(s)`, async (t) => {
      const head = optionLines({ workers });
      const [one, two] = [await closedPort(), await closedPort()];
      const ring =
        client('c', `127.0.0.1:${one}`, `localhost:${two}`, { delay: true }) + server('s', `127.0.0.1:${two}`, `127.0.0.1:${one}`);
      const daemon = await startDaemon(t, { config: head + ring });
      const started = daemon.lines.length;
      const ended = ending(connect(one, '127.0.0.1'));
      await daemon.line(/Refused as a loop: the connection has come back to Overcoat 8 times/, { from: started });
      await ended;
      await daemon.holdsNothing();
      const lines = daemon.lines.slice(started);
      const told = lines.filter((line) => line.includes('has come back'));
      assert.equal(told.length, 1, 'one line with everything');
      assert.match(
        told[0] ?? '',
        /LOG3\[\d+\]: Connection failed: 127\.0\.0\.1:\d+ -> \S.*, service \[\w\], stage \w+, destination_loop: Refused as a loop: the connection has come back to Overcoat 8 times; change `connect`.*\. \S/,
      );
      const accepted = lines.filter((line) => line.includes('accepted connection')).length;
      // Another worker may accept a connection before the one that dialled it has noted its port: the count begins again there.
      if (workers === 1) assert.equal(accepted, 9);
      else assert.ok(accepted >= 9 && accepted <= 90, `${accepted} connections accepted`);
      await daemon.stop();
    });

  test('a chain of services is none', async (t) => {
    const backend = await echoServer(t);
    const ports = await Promise.all(Array.from({ length: 8 }, () => closedPort()));
    const [first = 0] = ports;
    const chain = ports.map((port, index) =>
      (index % 2 === 0 ? client : server)(`s${index}`, `127.0.0.1:${port}`, `127.0.0.1:${ports[index + 1] ?? backend.port}`),
    );
    const daemon = await startDaemon(t, { config: chain.join('') });
    const socket = connect(first, '127.0.0.1');
    socket.write('hello');
    assert.equal((await readExactly(socket, 5)).toString(), 'hello');
    socket.destroy();
    await daemon.stop();
  });
});
