/**
 * SIGHUP: a good configuration replaces the old one without closing what did not change; a bad one changes nothing and is explained.
 * Running connections stay with the service they were accepted by.
 */
// Tests: src/daemon/reload/reload.ts, src/daemon/services.ts
import assert from 'node:assert/strict';
import { readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { authority, certificate } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { closedPort, echoServer, ending, listen, readExactly } from '../support/net/tcp.ts';
import { dialTls } from '../support/net/tls.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { clientSection, identity, optionLines, serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { DAEMON_HEAD, startDaemon } from '../support/overcoat/daemon.ts';

/** Writes a configuration over the old one and sends the signal. @returns the lines that the reload logged */
async function reload(daemon: Daemon, config: string, wanted: 'succeeds' | 'fails' = 'succeeds'): Promise<string[]> {
  const from = daemon.lines.length;
  writeFileSync(`${daemon.configFile}.new`, DAEMON_HEAD + config);
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

async function subjectAt(t: TestContext, port: number): Promise<string> {
  const socket = await dialTls(t, port, { rejectUnauthorized: false });
  const { subject } = socket.getPeerX509Certificate() ?? assert.fail('no certificate');
  socket.destroy();
  return subject;
}

suite('a reload that succeeds', () => {
  test('says what changed, and repeats no warning', async (t) => {
    const renewed = { ...identity(certificate('server')) };
    const sections = (cert: Options, extra: string): string =>
      serverSection('svc', { connect: 1, ...cert }) + clientSection('unverified', { connect: 1 }) + extra;
    const daemon = await startDaemon(t, { config: sections(renewed, clientSection('old', { connect: 1 })) });
    const warned = daemon.lines.filter((line) => / LOG4\[/.test(line));
    assert.ok(warned.some((line) => line.includes('[unverified]')));
    const same = await reload(daemon, sections(renewed, clientSection('old', { connect: 1 })));
    assert.deepEqual(
      same.filter((line) => / LOG4\[/.test(line)),
      [],
    );
    assert.match(await daemon.line('Reloaded in'), /LOG5\[main\]: Reloaded in \d+ ms: no service has changed$/);
    const from = daemon.lines.length;
    const lines = await reload(daemon, sections(identity(certificate('client')), clientSection('new', { connect: 1 })));
    assert.match(
      await daemon.line('Reloaded in', { from }),
      /: added \[new\]; removed \[old\]; changed \[svc\]; certificate of \[svc\] renewed until \d{4}-\d\d-\d\d \(was \d{4}-\d\d-\d\d\)$/,
    );
    const news = lines.filter((line) => / LOG4\[/.test(line));
    assert.ok(
      news.every((line) => line.includes('[new]')),
      news.join('\n'),
    );
    await daemon.stop();
  });

  test('gives new connections the new certificate and leaves running ones alone', async (t) => {
    const backend = await echoServer(t);
    const [old, next] = [certificate('server'), certificate('client')];
    const daemon = await startDaemon(t, { config: serverSection('svc', { connect: backend.port, ...identity(old) }) });
    const port = await daemon.port('svc');
    const running = await dialTls(t, port, { ca: authority().certificate, host: 'localhost' });
    await says(running, 'before');
    const lines = await reload(daemon, serverSection('svc', { connect: backend.port, ...identity(next) }));
    assert.ok(!lines.some((line) => line.includes('bound to')), 'the listener stays');
    assert.equal(await subjectAt(t, port), 'CN=client');
    await says(running, 'after');
    running.end();
    await ending(running);
    await daemon.stop();
  });

  test('lets the kernel keep its choice of port, also for two services', async (t) => {
    const [one, two] = [await greeter(t, 'one'), await greeter(t, 'two')];
    const sections = [serverSection('a', { connect: one.port }), serverSection('b', { connect: two.port })];
    const daemon = await startDaemon(t, { config: sections.join('') });
    const [a, b] = [await daemon.port('a'), await daemon.port('b')];
    await reload(daemon, sections.reverse().join(''));
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
    const backend = await greeter(t, 'x');
    const daemon = await startDaemon(t, { config: serverSection('svc', { connect: backend.port }) });
    const port = await daemon.port('svc');
    await reload(daemon, serverSection('fresh', { accept: '127.0.0.2:0', connect: backend.port }));
    const [address = ''] = await daemon.addresses('fresh');
    assert.match(address, /^127\.0\.0\.2:\d+$/);
    assert.equal(await ending(connect(port, '127.0.0.1')), 'ECONNREFUSED');
    await daemon.stop();
  });

  test('takes a service over by its address when it has a new name', async (t) => {
    const backend = await echoServer(t);
    const port = await closedPort();
    const daemon = await startDaemon(t, { config: serverSection('svc', { accept: port, connect: backend.port }) });
    const lines = await reload(daemon, serverSection('renamed', { accept: port, connect: backend.port }));
    assert.ok(!lines.some((line) => line.includes('bound to')), 'the socket is the same');
    const socket = await dialTls(t, port, { rejectUnauthorized: false });
    await says(socket, 'hello');
    await daemon.line('Service [renamed] accepted connection');
    socket.destroy();
    await daemon.stop();
  });

  test('moves a port from one address to all, and back', async (t) => {
    const backend = await echoServer(t);
    const port = await closedPort();
    const one = serverSection('svc', { accept: port, connect: backend.port });
    const all = serverSection('svc', { accept: `${port}`, connect: backend.port });
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
    const section = clientSection('svc', { connect: 1 });
    const daemon = await startDaemon(t, { config: optionLines({ output: '@/first' }) + section });
    const second = join(daemon.folder, 'second');
    await reload(daemon, optionLines({ output: second }) + section);
    await eventually('the new file has the lines', () =>
      /Log file reopened\n.*LOG6\[main\]: Accepting new connections\n.*LOG5\[main\]: Reloaded in .*\n$/.test(readFileSync(second, 'utf8')),
    );
    const lines = daemon.lines.length;
    writeFileSync(daemon.configFile, DAEMON_HEAD + optionLines({ output: second, debug: 3 }) + section);
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
    const section = clientSection('svc', { connect: 1 });
    const daemon = await startDaemon(t, { config: section });
    const lines = await reload(daemon, optionLines({ pid: '/nonexistent/pid', service: 'other', setuid: 12345 }) + section);
    for (const name of ['pid', 'service', 'setuid'])
      assert.ok(
        lines.some((line) => line.endsWith(`LOG4[main]: ${name} counts at start only: it stays as it was until a restart`)),
        name,
      );
    assert.equal(lines.filter((line) => line.includes('counts at start only')).length, 3);
    await daemon.stop();
  });

  test('many signals at once are one reload more, and none is lost', async (t) => {
    const [one, two] = [await greeter(t, 'one'), await greeter(t, 'two')];
    const daemon = await startDaemon(t, { config: serverSection('svc', { connect: one.port }) });
    const port = await daemon.port('svc');
    for (let count = 0; count < 20; count += 1) daemon.signal('SIGHUP');
    await reload(daemon, serverSection('svc', { connect: two.port }));
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
    /** A configuration that is wrong, around the options of the running service. @param busy a port that is taken */
    readonly config: (service: Options, busy: number) => string;
    readonly says: RegExp;
  }
  const cases: readonly Broken[] = [
    {
      what: 'an option that does not exist',
      config: (service) => serverSection('svc', { ...service, nonsense: 1 }),
      says: /LOG3\[main\]: .*nonsense/,
    },
    { what: 'a line that is none', config: (service) => serverSection('svc', service, 'what is this'), says: /LOG3\[main\]: .*:\d+: / },
    {
      what: 'a certificate that is missing',
      config: (service) => serverSection('svc', { ...service, ...identity(), cert: '/nonexistent.crt' }),
      says: /LOG3\[main\]: Service \[svc\]: .*nonexistent/,
    },
    {
      what: 'a broken certificate',
      config: (service) => serverSection('svc', { ...service, ...identity(), cert: '@/broken.pem' }),
      says: /LOG3\[main\]: Service \[svc\]: .*broken\.pem/,
    },
    {
      what: 'a key that does not match',
      config: (service) => serverSection('svc', { ...service, ...identity(), key: certificate('client').keyFile }),
      says: /LOG3\[main\]: Service \[svc\]: .*does not match/,
    },
    {
      what: 'a trust file that is missing',
      config: (service) => serverSection('svc', { ...service, verifyChain: true, CAfile: '/nonexistent.crt' }),
      says: /LOG3\[main\]: .*nonexistent\.crt/,
    },
    {
      what: 'a port that is taken',
      config: (service, busy) => serverSection('svc', service) + clientSection('other', { accept: busy, connect: 1 }),
      says: /LOG3\[main\]: Service \[other\] cannot listen on 127\.0\.0\.1:\d+: Address already in use \(98\)/,
    },
    {
      what: 'a log file that cannot be opened',
      config: (service) => optionLines({ output: '/nonexistent/log' }) + serverSection('svc', service),
      says: /LOG3\[main\]: Cannot open log file: \/nonexistent\/log/,
    },
  ];
  for (const { what, config, says: expected } of cases) {
    test(what, async (t) => {
      const backend = await echoServer(t);
      const busy = await listen(t);
      const service = { connect: backend.port };
      const daemon = await startDaemon(t, { config: serverSection('svc', service), files: { 'broken.pem': 'no certificate' } });
      const port = await daemon.port('svc');
      const running = await dialTls(t, port, { rejectUnauthorized: false });
      await says(running, 'before');
      const lines = await reload(daemon, config(service, busy.port).replaceAll('@/', `${daemon.folder}/`), 'fails');
      assert.ok(
        lines.some((line) => expected.test(line)),
        lines.join('\n'),
      );
      const unusable = !/a port that is taken|a log file/.test(what);
      assert.equal(lines.at(-2)?.endsWith('LOG3[main]: Configuration failed'), unusable, lines.join('\n'));
      await says(running, 'after');
      running.destroy();
      const fresh = await dialTls(t, port, { rejectUnauthorized: false });
      await says(fresh, 'still served');
      fresh.destroy();
      await reload(daemon, serverSection('svc', service));
      await daemon.stop();
    });
  }

  test('a configuration without a section, which nobody could reach', async (t) => {
    const daemon = await startDaemon(t, { config: clientSection('svc', { connect: 1 }) });
    const port = await daemon.port('svc');
    const lines = await reload(daemon, optionLines({ client: true, connect: 1 }), 'fails');
    assert.ok(lines.some((line) => line.endsWith('LOG3[main]: The new configuration has no [section]: nothing would be served')));
    assert.equal(await ending(connect(port, '127.0.0.1')), 'ECONNRESET', 'accepted, and the target refuses');
    await daemon.stop();
  });

  test('the file is gone', async (t) => {
    const daemon = await startDaemon(t, { config: clientSection('svc', { connect: 1 }) });
    unlinkSync(daemon.configFile);
    daemon.signal('SIGHUP');
    await daemon.line('LOG3[main]: Failed to reload the configuration file');
    await daemon.line(/LOG3\[main\]: .*overcoat\.conf: .*No such file/);
    await daemon.stop();
  });

  test("overcoat-stunnel says it in stunnel's words", async (t) => {
    const section = clientSection('svc', { connect: 1 });
    const daemon = await startDaemon(t, { config: section, launcher: 'overcoat-stunnel' });
    const lines = await reload(daemon, section + optionLines({ nonsense: 1 }), 'fails');
    assert.ok(
      lines.some((line) =>
        line.endsWith(`overcoat.conf:${DAEMON_HEAD.split('\n').length + 4}: "nonsense = 1": Specified option name is not valid here`),
      ),
      lines.join('\n'),
    );
    await daemon.stop();
  });
});
