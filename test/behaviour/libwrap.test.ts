/** `libwrap`: who may connect is written in hosts.allow and hosts.deny, here those of a chroot, so that the machine's stay alone. */
// Tests: src/connection/access/access.ts, src/connection/access/party-name.ts
import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { collect, dial, echoServer } from '../support/net/tcp.ts';
import { dialTls, listenTls } from '../support/net/tls.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { clientSection, identity, optionLines, section, serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { noFence } from '../support/overcoat/fence-probes.ts';
import { requires } from '../support/requirements.ts';

const NEEDS = { skip: requires({ root: true, linux: true }) };

interface Files {
  readonly allow?: string;
  readonly deny?: string;
  readonly hosts?: string;
  /** Others, by their paths. */
  readonly more?: Readonly<Record<string, string>>;
}

async function start(
  t: TestContext,
  { allow = '', deny = '', hosts = '', more = {} }: Files,
  options: Options = { libwrap: true },
  global: Options = {},
): Promise<Daemon> {
  const upstream = await listenTls(t, {}, (socket) => void socket.pipe(socket));
  const config = optionLines({ chroot: '@/jail', ...global }) + clientSection('wrapped', { connect: upstream.port, ...options });
  const files = {
    'jail/etc/hosts.allow': allow,
    'jail/etc/hosts.deny': deny,
    'jail/etc/hosts': hosts,
    'jail/etc/nsswitch.conf': 'hosts: files\n',
    ...more,
  };
  return startDaemon(t, { config, files });
}

/** Who is refused is reset at once, maybe before the connection is up. */
async function answers(t: TestContext, daemon: Daemon, localAddress: string): Promise<boolean> {
  const port = await daemon.port('wrapped');
  try {
    const client = await dial(t, port, { localAddress });
    client.end('hello');
    return (await collect(client)).toString() === 'hello';
  } catch (cause) {
    assert.equal((cause as NodeJS.ErrnoException).code, 'ECONNRESET');
    return false;
  }
}

suite('libwrap', { concurrency: true }, () => {
  test('admits and refuses by address, follows the files, and says so in stunnel’s words', NEEDS, async (t) => {
    const daemon = await start(t, { allow: 'wrapped: 127.0.0.2\n', deny: 'ALL: ALL\n' });
    assert.equal(await answers(t, daemon, '127.0.0.2'), true);
    await daemon.line(/LOG7\[0\]: Service \[wrapped\] permitted by libwrap from 127\.0\.0\.2:\d+/);
    await daemon.line(/LOG5\[0\]: Service \[wrapped\] accepted connection from 127\.0\.0\.2:\d+/);
    assert.equal(await answers(t, daemon, '127.0.0.3'), false);
    await daemon.line(/LOG4\[1\]: Service \[wrapped\] REFUSED by libwrap from 127\.0\.0\.3:\d+/);
    await daemon.line(/LOG5\[1\]: Connection reset: 0 byte\(s\) sent to TLS, 0 byte\(s\) sent to socket/);
    assert.equal(
      daemon.lines.some((line) => line.includes('LOG5[1]: Service [wrapped] accepted')),
      false,
    );
    writeFileSync(join(daemon.folder, 'jail/etc/hosts.allow'), 'wrapped: 127.0.0.3\n');
    assert.equal(await answers(t, daemon, '127.0.0.3'), true);
    assert.equal(await answers(t, daemon, '127.0.0.2'), false);
    await daemon.stop();
  });

  test('reads the lists that rules name, behind a fence as well', { skip: NEEDS.skip || noFence }, async (t) => {
    const files = {
      allow: 'wrapped: /etc/friends\n',
      deny: 'ALL: ALL\n',
      more: { 'jail/etc/friends': '127.0.0.2 /etc/more', 'jail/etc/more': '127.0.0.3' },
    };
    const daemon = await start(t, files, { libwrap: true }, { confine: true });
    for (const friend of ['127.0.0.2', '127.0.0.3']) assert.equal(await answers(t, daemon, friend), true, friend);
    assert.equal(await answers(t, daemon, '127.0.0.4'), false);
    // In a jail no worker can be made: what is put in place of a list, and a list that is named later, is read by those there are.
    const jail = join(daemon.folder, 'jail/etc');
    for (const [name, text] of [
      ['friends', '/etc/later'],
      ['later', '127.0.0.4'],
    ] as const) {
      writeFileSync(join(jail, 'next'), text);
      renameSync(join(jail, 'next'), join(jail, name));
    }
    assert.equal(await answers(t, daemon, '127.0.0.4'), true);
    assert.equal(await answers(t, daemon, '127.0.0.2'), false);
    await daemon.stop();
  });

  test('knows clients by their name', NEEDS, async (t) => {
    const hosts = '127.0.0.2 good.example.test\n127.0.0.3 good.other.test\n';
    const daemon = await start(t, { allow: 'wrapped: .example.test\n', deny: 'ALL: KNOWN UNKNOWN\n', hosts });
    assert.equal(await answers(t, daemon, '127.0.0.2'), true);
    assert.equal(await answers(t, daemon, '127.0.0.3'), false);
    assert.equal(await answers(t, daemon, '127.0.0.4'), false); // no name at all
    await daemon.stop();
  });

  test('refuses where a rule would run a program, and names the rule', NEEDS, async (t) => {
    const daemon = await start(t, { allow: '# first\nwrapped: ALL : spawn (touch /tmp/never)\n' });
    assert.equal(await answers(t, daemon, '127.0.0.2'), false);
    await daemon.line(/LOG3\[0\]: \/etc\/hosts\.allow line 2: the option "spawn" is not supported, so its clients are refused/);
    await daemon.line(/REFUSED by libwrap/);
    await daemon.stop();
  });

  test('is not asked without the option', NEEDS, async (t) => {
    const daemon = await start(t, { deny: 'ALL: ALL\n' }, {});
    assert.equal(await answers(t, daemon, '127.0.0.2'), true);
    await daemon.stop();
  });

  test('is asked of IP clients, not of those of a Unix socket', NEEDS, async (t) => {
    const daemon = await start(t, { deny: 'ALL: ALL\n' }, { libwrap: true, accept: [0, '@/socket'] });
    const [, path = ''] = await daemon.addresses('wrapped');
    const client = await dial(t, 0, { path } as object);
    client.end('hello');
    assert.equal((await collect(client)).toString(), 'hello');
    assert.equal(await answers(t, daemon, '127.0.0.2'), false);
    await daemon.line(
      /LOG4\[\d+\]: Connection failed: 127\.0\.0\.2:\d+ -> .+, stage access, access_refused: .+libwrap\. See hosts_access\(5\)/,
    );
    await daemon.stop();
  });

  test('is asked again of a virtual host', NEEDS, async (t) => {
    const backend = await echoServer(t);
    const config =
      optionLines({ chroot: '@/jail' }) +
      serverSection('open', { connect: backend.port }) +
      section('closed', { sni: 'open:closed.test', libwrap: true, connect: backend.port, ...identity() });
    const daemon = await startDaemon(t, { config, files: { 'jail/etc/hosts.deny': 'closed: ALL\n' } });
    const client = await dialTls(t, await daemon.port('open'), { servername: 'localhost' });
    client.end('hello');
    assert.equal((await collect(client)).toString(), 'hello');
    const refused = dialTls(t, await daemon.port('open'), { servername: 'closed.test', checkServerIdentity: () => undefined });
    await assert.rejects(refused, { code: 'ERR_SSL_TLSV1_ALERT_ACCESS_DENIED' });
    await daemon.line(/LOG4\[1\]: Service \[\w+\] REFUSED by libwrap from 127\.0\.0\.1:\d+/);
    await daemon.stop();
  });
});
