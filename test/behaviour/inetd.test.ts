/** A configuration without a section: one client, on the standard streams of the process. */
// Tests: src/daemon/inetd.ts, src/programs/standard-socket.ts
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { duplexPair } from 'node:stream';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { connect } from 'node:tls';
import { authority } from '../support/data/certificates.ts';
import { eventually, within } from '../support/eventually.ts';
import { closedPort, collect, dial, echoServer, ending, listen, readExactly, receiveHash, sendPattern } from '../support/net/tcp.ts';
import { dialTls, listenTls } from '../support/net/tls.ts';
import { BIN } from '../support/overcoat/checkout.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { clientSection, identity, optionLines, verified } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import type { Inetd } from '../support/peers/inetd.ts';
import { startInetd } from '../support/peers/inetd.ts';
import { outputOf, runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const STUNNEL = join(BIN, 'overcoat-stunnel');

interface Files {
  readonly config: string;
  /** What it logged so far. */
  readonly log: () => string;
}

function write(t: TestContext, options: Options): Files {
  const folder = tempFolder(t);
  const output = join(folder, 'log');
  const { 'o.conf': config } = writeFiles(folder, { 'o.conf': optionLines({ syslog: false, debug: 7, output, ...options }) });
  return { config, log: () => readFileSync(output, 'utf8') };
}

async function start(t: TestContext, options: Options): Promise<Inetd & Files> {
  const files = write(t, options);
  return { ...(await startInetd(t, [STUNNEL, files.config])), ...files };
}

suite('inetd mode', { concurrency: true }, () => {
  for (const [name, naming] of [
    ['stunnel', {}],
    ['inetd', { service: 'inetd' }],
  ] as const)
    test(`ends when its client has gone, and says which service it was: ${name}`, async (t) => {
      const inetd = await start(t, { ...naming, ...identity(), connect: await closedPort() });
      (await dial(t, inetd.port)).end();
      assert.equal(await inetd.ended(), 0);
      const about = inetd
        .log()
        .split('\n')
        .filter((text) => /LOG7\[0\]: Service/.test(text));
      assert.deepEqual(
        about.map((text) => text.slice(text.indexOf('Service'))),
        [`Service [${name}] started`, `Service [${name}] finished (0 left)`],
      );
    });

  test('serves the client of its standard input in server mode, half-closed in either order, and ends with 0', async (t) => {
    const backend = await listen(t);
    const inetd = await start(t, { ...identity(), connect: backend.port });
    const first = await dialTls(t, inetd.port, { servername: 'localhost' });
    const { localPort } = first;
    const there = await backend.next();
    const up = receiveHash(there);
    const sent = await sendPattern(first, 1_000_000);
    first.end();
    assert.deepEqual(await up, { bytes: 1_000_000, sha256: sent });
    const down = receiveHash(first);
    const answered = await sendPattern(there, 2_000_000, 2);
    there.end();
    assert.deepEqual(await down, { bytes: 2_000_000, sha256: answered });
    assert.equal(await inetd.ended(), 0);

    const second = await dialTls(t, inetd.port, { servername: 'localhost' });
    const other = await backend.next();
    other.end('early');
    assert.equal((await collect(second)).toString(), 'early');
    second.end('after that');
    assert.equal((await readExactly(other, 10)).toString(), 'after that');
    assert.equal(await inetd.ended(), 0);
    const lines = inetd.log();
    assert.match(lines, /LOG5\[ui\]: Configuration successful/);
    assert.match(lines, new RegExp(`LOG5\\[0\\]: Service \\[stunnel\\] accepted connection from 127\\.0\\.0\\.1:${localPort}`));
    assert.match(lines, /Connection closed: 2000000 byte\(s\) sent to TLS, 1000000 byte\(s\) sent to socket/);
  });

  test('serves it in client mode', async (t) => {
    const upstream = await listenTls(t);
    const inetd = await start(t, { client: true, ...verified(), connect: upstream.port });
    const client = await dial(t, inetd.port);
    client.end('question');
    const server = await upstream.next();
    assert.equal((await collect(server)).toString(), 'question');
    server.end('answer');
    assert.equal((await collect(client)).toString(), 'answer');
    assert.equal(await inetd.ended(), 0);
  });

  test('runs a program', async (t) => {
    const inetd = await start(t, { ...identity(), exec: '/usr/bin/tr', execArgs: 'tr a-z A-Z' });
    const client = await dialTls(t, inetd.port, { servername: 'localhost' });
    client.end('quiet');
    assert.equal((await collect(client)).toString(), 'QUIET');
    assert.equal(await inetd.ended(), 0);
  });

  test('exit code 0 says that the client was served, also where its connection failed', async (t) => {
    const inetd = await start(t, { ...identity(), connect: await closedPort() });
    const client = await dialTls(t, inetd.port, { servername: 'localhost' });
    assert.match(await ending(client), /^(closed|ECONNRESET)$/);
    assert.equal(await inetd.ended(), 0);
    assert.match(inetd.log(), /s_connect: connect 127\.0\.0\.1:\d+: Connection refused \(111\)/);
    const stranger = await dial(t, inetd.port);
    stranger.write('GET / HTTP/1.0\r\n\r\n');
    const said = await collectAnyway(stranger);
    assert.doesNotMatch(said, /LOG|error|overcoat/i); // the alert of TLS at most
    assert.equal(await inetd.ended(), 0);
  });

  test('a start that fails ends with 1 and tells the client nothing', async (t) => {
    for (const options of [
      { cert: '/nowhere.pem', connect: 1 },
      { ...identity(), nonsense: 1, connect: 1 },
      { ...identity(), accept: 1 },
    ]) {
      const inetd = await start(t, options);
      const client = await dial(t, inetd.port);
      assert.equal(await collectAnyway(client), '');
      assert.equal(await inetd.ended(), 1);
    }
  });

  test('the log never goes to the client, not with foreground = yes either; output may not name the standard streams', async (t) => {
    const backend = await echoServer(t);
    const upstream = await listenTls(t, {}, (socket) => void socket.pipe(socket));
    const inetd = await start(t, { foreground: true, client: true, connect: upstream.port });
    const client = await dial(t, inetd.port);
    client.end('only this');
    assert.equal((await collect(client)).toString(), 'only this');
    assert.equal(await inetd.ended(), 0);
    assert.match(inetd.log(), /Connection closed/);
    const { config: file } = write(t, { output: '/dev/stdout', ...identity(), connect: backend.port });
    const { code, stdout, stderr } = await runProgram([STUNNEL, file]);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /'output' cannot be the socket of inetd mode/);
  });

  test('two pipes are as good as a socket (ssh’s ProxyCommand)', async (t) => {
    const upstream = await listenTls(t, {}, (socket) => void socket.pipe(socket));
    const { config, log } = write(t, { client: true, connect: upstream.port });
    // A shell makes real pipes where Node would make sockets.
    const script = `head -c 3000000 /dev/zero | tr '\\0' 'x' | ${STUNNEL} ${config} | (sleep 0.2; cat) | md5sum`;
    const expected = await outputOf(['/bin/sh', '-c', "head -c 3000000 /dev/zero | tr '\\0' 'x' | md5sum"]);
    assert.equal(await outputOf(['/bin/sh', '-c', script]), expected);
    assert.match(log(), /Connection closed: 3000000 byte\(s\) sent to TLS, 3000000 byte\(s\) sent to socket/);
  });

  test('a reader of a pipe that goes away ends it', async (t) => {
    const upstream = await listenTls(t);
    const { config, log } = write(t, { client: true, connect: upstream.port });
    const child = spawn('/bin/sh', ['-c', `sleep 100 | ${STUNNEL} ${config} | head -c 1 > /dev/null; kill $!`], {
      stdio: 'ignore',
      detached: true,
    });
    t.after(() => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    });
    const server = await upstream.next();
    const pump = setInterval(() => server.write('x'.repeat(1000)), 20);
    t.after(() => clearInterval(pump));
    await eventually('the connection is over', () => /Connection (closed|reset)/.test(log()));
    await ending(server);
  });

  test('a pair of Unix sockets is as good as a TCP socket', async (t) => {
    const { config } = write(t, { ...identity(), exec: '/bin/cat' });
    const child = spawn(STUNNEL, [config], { stdio: ['pipe', 'pipe', 'inherit'] }); // Node's pipes are sockets, one for each direction
    const ended = once(child, 'exit');
    const near = joined(child.stdin, child.stdout);
    const client = connect({ socket: near, servername: 'localhost', ca: authority().certificate });
    await within('the handshake', once(client, 'secureConnect'));
    const back = collect(client);
    client.end('through two sockets');
    assert.equal((await back).toString(), 'through two sockets');
    const [code] = (await within('the end', ended)) as [number];
    assert.equal(code, 0);
  });

  test('under socat, which leaves its process to the program', { skip: requires({ linux: true, packages: ['socat'] }) }, async (t) => {
    const backend = await echoServer(t);
    const { config, log } = write(t, { ...identity(), connect: backend.port });
    const path = join(tempFolder(t), 'socket');
    const socat = spawn('socat', [`UNIX-LISTEN:${path}`, `EXEC:${STUNNEL} ${config},nofork`], { stdio: 'ignore' });
    const ended = once(socat, 'exit');
    t.after(() => {
      socat.kill('SIGKILL');
    });
    await eventually('socat listens', () => socketIsServed(path));
    const client = await dialTls(t, 0, { path, servername: 'localhost' });
    const back = receiveHash(client);
    const sent = await sendPattern(client, 500_000);
    client.end();
    assert.deepEqual(await back, { bytes: 500_000, sha256: sent });
    const [code] = (await within('the end', ended)) as [number];
    assert.equal(code, 0);
    assert.match(log(), /Connection closed: 500000/);
  });

  test('in a service, the program may itself be one: TLS to the standard streams of overcoat-stunnel', async (t) => {
    const { config: inner } = write(t, { ...identity(), exec: '/bin/cat' });
    const config = clientSection('outer', { ...verified(), exec: STUNNEL, execArgs: `stunnel ${inner}` });
    const daemon = await startDaemon(t, { config });
    const client = await dial(t, await daemon.port('outer'));
    const back = receiveHash(client);
    const sent = await sendPattern(client, 300_000);
    client.end();
    assert.deepEqual(await back, { bytes: 300_000, sha256: sent });
    await daemon.line(/Child process \d+ finished with code 0/);
    await daemon.stop();
  });
});

/** Whatever arrives, also where the end is a reset. */
async function collectAnyway(socket: Duplex): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  await ending(socket);
  return text;
}

/** Whether somebody listens on a Unix socket, without connecting to it: this one takes a single client. */
function socketIsServed(path: string): boolean {
  const lines = readFileSync('/proc/net/unix', 'latin1').split('\n');
  return lines.some((line) => line.endsWith(path) && line.includes(' 00010000 ')); // the flag of listen(2), __SO_ACCEPTCON
}

/** One stream of two. */
function joined(input: NodeJS.WritableStream, output: NodeJS.ReadableStream): Duplex {
  const [near, far] = duplexPair();
  far.pipe(input);
  output.pipe(far);
  return near;
}
