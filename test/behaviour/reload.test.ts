/**
 * SIGHUP: a good configuration replaces the old one without closing what did not change; a bad one changes nothing and is explained.
 * Running connections stay with the service they were accepted by.
 */
// Tests: src/daemon/reload.ts, src/daemon/services.ts
import assert from 'node:assert/strict';
import { readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { authority, certificate } from '../support/certificates.ts';
import type { Daemon } from '../support/daemon.ts';
import { DAEMON_HEAD, startDaemon } from '../support/daemon.ts';
import { eventually } from '../support/eventually.ts';
import { closedPort, echoServer, ending, listen, readExactly } from '../support/tcp.ts';
import { dialTls } from '../support/tls.ts';

const HEAD = DAEMON_HEAD;

/** Writes a configuration over the old one and sends the signal. @returns the lines that the reload logged */
async function reload(daemon: Daemon, config: string, wanted: 'succeeds' | 'fails' = 'succeeds'): Promise<string[]> {
  const from = daemon.lines.length;
  writeFileSync(`${daemon.configFile}.new`, HEAD + config);
  renameSync(`${daemon.configFile}.new`, daemon.configFile);
  daemon.signal('SIGHUP');
  await daemon.line(wanted === 'succeeds' ? 'Log file reopened' : 'LOG3[main]: Failed to reload the configuration file', { from });
  return daemon.lines.slice(from);
}

async function says(socket: Socket | TLSSocket, text: string): Promise<void> {
  socket.write(text);
  assert.equal((await readExactly(socket, text.length)).toString(), text);
}

/** A greeting that tells which backend answered. */
const greeter = (t: TestContext, word: string) => listen(t, (socket) => socket.end(word));

const server = (accept: number, backend: number, keys: { certFile: string; keyFile: string }): string =>
  `[svc]\naccept = 127.0.0.1:${accept}\nconnect = 127.0.0.1:${backend}\ncert = ${keys.certFile}\nkey = ${keys.keyFile}\n`;

async function subjectAt(t: TestContext, port: number): Promise<string> {
  const socket = await dialTls(t, port, { rejectUnauthorized: false });
  const { subject } = socket.getPeerX509Certificate() ?? assert.fail('no certificate');
  socket.destroy();
  return subject;
}

suite('a reload that succeeds', () => {
  test('gives new connections the new certificate and leaves running ones alone', async (t) => {
    const backend = await echoServer(t);
    const [old, next] = [certificate('server'), certificate('client')];
    const daemon = await startDaemon(t, { config: server(0, backend.port, old) });
    const port = await daemon.port('svc');
    const running = await dialTls(t, port, { ca: authority().certificate, host: 'localhost' });
    await says(running, 'before');
    const lines = await reload(daemon, server(0, backend.port, next));
    assert.ok(!lines.some((line) => line.includes('bound to')), 'the listener stays');
    assert.equal(await subjectAt(t, port), 'CN=client');
    await says(running, 'after');
    running.end();
    await ending(running);
    await daemon.stop();
  });

  test('lets the kernel keep its choice of port, also for two services', async (t) => {
    const [one, two] = [await greeter(t, 'one'), await greeter(t, 'two')];
    const section = (name: string, backend: number): string =>
      `[${name}]\naccept = 127.0.0.1:0\nconnect = 127.0.0.1:${backend}\ncert = ${certificate('server').certFile}\nkey = ${certificate('server').keyFile}\n`;
    const daemon = await startDaemon(t, { config: section('a', one.port) + section('b', two.port) });
    const [a, b] = [await daemon.port('a'), await daemon.port('b')];
    await reload(daemon, section('b', two.port) + section('a', one.port));
    for (const [port, word] of [
      [a, 'one'],
      [b, 'two'],
    ] as const) {
      const socket = await dialTls(t, port, { rejectUnauthorized: false });
      assert.equal((await readExactly(socket, 3)).toString(), word);
      socket.destroy();
    }
    await daemon.stop();
  });

  test('opens what is new and closes what is gone', async (t) => {
    const keys = certificate('server');
    const backend = await greeter(t, 'x');
    const daemon = await startDaemon(t, { config: server(0, backend.port, keys) });
    const port = await daemon.port('svc');
    const config = server(0, backend.port, keys).replace('[svc]', '[fresh]').replace('127.0.0.1:0', '127.0.0.2:0');
    await reload(daemon, config);
    const [address = ''] = await daemon.addresses('fresh');
    assert.match(address, /^127\.0\.0\.2:\d+$/);
    assert.equal(await ending(connect(port, '127.0.0.1')), 'ECONNREFUSED');
    await daemon.stop();
  });

  test('takes a service over by its address when it has a new name', async (t) => {
    const keys = certificate('server');
    const backend = await echoServer(t);
    const port = await closedPort();
    const daemon = await startDaemon(t, { config: server(port, backend.port, keys) });
    const lines = await reload(daemon, server(port, backend.port, keys).replace('[svc]', '[renamed]'));
    assert.ok(!lines.some((line) => line.includes('bound to')), 'the socket is the same');
    const socket = await dialTls(t, port, { rejectUnauthorized: false });
    await says(socket, 'hello');
    await daemon.line('Service [renamed] accepted connection');
    socket.destroy();
    await daemon.stop();
  });

  test('moves a port from one address to all, and back', async (t) => {
    const keys = certificate('server');
    const backend = await echoServer(t);
    const port = await closedPort();
    const one = server(port, backend.port, keys);
    const all = one.replace('accept = 127.0.0.1:', 'accept = ');
    const daemon = await startDaemon(t, { config: one });
    for (const config of [all, one]) {
      await reload(daemon, config);
      const socket = await dialTls(t, port, { rejectUnauthorized: false });
      await says(socket, 'hello');
      socket.destroy();
    }
    await daemon.stop();
  });

  test('moves the log, and its level', async (t) => {
    const section = '[svc]\nclient = yes\naccept = 127.0.0.1:0\nconnect = 127.0.0.1:1\n';
    const daemon = await startDaemon(t, { config: `output = @/first\n${section}` });
    const second = join(daemon.folder, 'second');
    await reload(daemon, `output = ${second}\n${section}`);
    await eventually('the new file has the lines', () =>
      /Log file reopened\n.*LOG6\[main\]: Accepting new connections\n$/.test(readFileSync(second, 'utf8')),
    );
    const lines = daemon.lines.length;
    writeFileSync(daemon.configFile, `${HEAD}output = ${second}\ndebug = 3\n${section}`);
    daemon.signal('SIGHUP');
    await daemon.line('Received SIGHUP', { from: lines });
    await eventually('notices are no longer wanted', async () => {
      const from = daemon.lines.length;
      daemon.signal('SIGUSR1');
      daemon.signal('SIGUSR2');
      await daemon.line('Listed 0 active connection(s)', { from });
      return !daemon.lines.slice(from).some((line) => line.includes('Log file reopened'));
    });
    await daemon.stop();
  });

  test('says which options stay as they were', async (t) => {
    const section = '[svc]\nclient = yes\naccept = 127.0.0.1:0\nconnect = 127.0.0.1:1\n';
    const daemon = await startDaemon(t, { config: section });
    const lines = await reload(daemon, `pid = /nonexistent/pid\nservice = other\nsetuid = 12345\n${section}`);
    for (const name of ['pid', 'service', 'setuid'])
      assert.ok(
        lines.some((line) => line.endsWith(`LOG4[main]: ${name} counts at start only: it stays as it was until a restart`)),
        name,
      );
    assert.equal(lines.filter((line) => line.includes('counts at start only')).length, 3);
    await daemon.stop();
  });

  test('many signals at once are one reload more, and none is lost', async (t) => {
    const keys = certificate('server');
    const [one, two] = [await greeter(t, 'one'), await greeter(t, 'two')];
    const daemon = await startDaemon(t, { config: server(0, one.port, keys) });
    const port = await daemon.port('svc');
    for (let count = 0; count < 20; count += 1) daemon.signal('SIGHUP');
    await reload(daemon, server(0, two.port, keys));
    await eventually('the last configuration serves', async () => {
      const socket = await dialTls(t, port, { rejectUnauthorized: false });
      const word = (await readExactly(socket, 3)).toString();
      socket.destroy();
      return word === 'two';
    });
    await daemon.stop();
  });
});

suite('a reload that fails keeps the old configuration and says why', () => {
  interface Broken {
    readonly what: string;
    /** Makes the configuration wrong; the files are those of the running one. */
    readonly config: (good: string, folder: string) => string;
    readonly says: RegExp;
  }
  const cases: readonly Broken[] = [
    { what: 'an option that does not exist', config: (good) => `${good}nonsense = 1\n`, says: /LOG3\[main\]: .*nonsense/ },
    { what: 'a line that is none', config: (good) => `${good}what is this\n`, says: /LOG3\[main\]: .*:\d+: / },
    {
      what: 'a certificate that is missing',
      config: (good) => good.replace('cert =', 'cert = /nonexistent'),
      says: /LOG3\[main\]: Service \[svc\]: .*nonexistent/,
    },
    {
      what: 'a broken certificate',
      config: (good, folder) => good.replace(/cert = .*/, `cert = ${folder}/broken.pem`),
      says: /LOG3\[main\]: Service \[svc\]: .*broken\.pem/,
    },
    {
      what: 'a key that does not match',
      config: (good) => good.replace(/key = .*/, `key = ${certificate('client').keyFile}`),
      says: /LOG3\[main\]: Service \[svc\]: .*does not match/,
    },
    {
      what: 'a trust file that is missing',
      config: (good) => `${good}verifyChain = yes\nCAfile = /nonexistent.crt\n`,
      says: /LOG3\[main\]: .*nonexistent\.crt/,
    },
    {
      what: 'a port that is taken',
      config: (good) => `${good}[other]\nclient = yes\naccept = 127.0.0.1:BUSY\nconnect = 1\n`,
      says: /LOG3\[main\]: Service \[other\] cannot listen on 127\.0\.0\.1:\d+: Address already in use \(98\)/,
    },
    {
      what: 'a log file that cannot be opened',
      config: (good) => `output = /nonexistent/log\n${good}`,
      says: /LOG3\[main\]: Cannot open log file: \/nonexistent\/log/,
    },
  ];
  for (const { what, config, says: expected } of cases) {
    test(what, async (t) => {
      const backend = await echoServer(t);
      const busy = await listen(t);
      const good = server(0, backend.port, certificate('server'));
      const daemon = await startDaemon(t, { config: good, files: { 'broken.pem': 'no certificate' } });
      const port = await daemon.port('svc');
      const running = await dialTls(t, port, { rejectUnauthorized: false });
      await says(running, 'before');
      const lines = await reload(daemon, config(good, daemon.folder).replace('BUSY', String(busy.port)), 'fails');
      assert.ok(
        lines.some((line) => expected.test(line)),
        lines.join('\n'),
      );
      await says(running, 'after');
      running.destroy();
      const fresh = await dialTls(t, port, { rejectUnauthorized: false });
      await says(fresh, 'still served');
      fresh.destroy();
      await reload(daemon, good);
      await daemon.stop();
    });
  }

  test('a configuration without a section, which nobody could reach', async (t) => {
    const daemon = await startDaemon(t, { config: '[svc]\nclient = yes\naccept = 127.0.0.1:0\nconnect = 127.0.0.1:1\n' });
    const port = await daemon.port('svc');
    const lines = await reload(daemon, 'client = yes\nconnect = 127.0.0.1:1\n', 'fails');
    assert.ok(lines.some((line) => line.endsWith('LOG3[main]: The new configuration has no [section]: nothing would be served')));
    assert.equal(await ending(connect(port, '127.0.0.1')), 'ECONNRESET', 'accepted, and the target refuses');
    await daemon.stop();
  });

  test('the file is gone', async (t) => {
    const daemon = await startDaemon(t, { config: '[svc]\nclient = yes\naccept = 127.0.0.1:0\nconnect = 127.0.0.1:1\n' });
    unlinkSync(daemon.configFile);
    daemon.signal('SIGHUP');
    await daemon.line('LOG3[main]: Failed to reload the configuration file');
    await daemon.line(/LOG3\[main\]: .*overcoat\.conf: .*No such file/);
    await daemon.stop();
  });

  test("overcoat-stunnel says it in stunnel's words", async (t) => {
    const section = '[svc]\nclient = yes\naccept = 127.0.0.1:0\nconnect = 127.0.0.1:1\n';
    const daemon = await startDaemon(t, { config: section, launcher: 'overcoat-stunnel' });
    const lines = await reload(daemon, `${section}nonsense = 1\n`, 'fails');
    assert.ok(
      lines.some((line) =>
        line.endsWith(`overcoat.conf:${HEAD.split('\n').length + 4}: "nonsense = 1": Specified option name is not valid here`),
      ),
      lines.join('\n'),
    );
    await daemon.stop();
  });
});
