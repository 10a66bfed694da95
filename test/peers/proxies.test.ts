/**
 * Proxies: CONNECT through a real Squid with Basic and NTLM, SOCKS 5 through microsocks behind stunnel with user and password, and our own
 * CONNECT and SOCKS servers with curl and stunnel as the clients.
 */
import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { before, suite, test } from 'node:test';
import { authority, certificate } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { closedPort, dial, ending, listen, readExactly, startDial } from '../support/net/tcp.ts';
import { listenTls } from '../support/net/tls.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { clientSection, serverSection, verified } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { startSquid } from '../support/peers/squid.ts';
import { startStunnel } from '../support/peers/stunnel4.ts';
import type { Finished } from '../support/program.ts';
import { Program, runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';
import { tempFolder } from '../support/temp.ts';

suite('CONNECT through Squid', { skip: requires({ root: true, linux: true, packages: ['squid', 'winbind'] }) }, () => {
  const t = suiteEnd();
  let daemon: Daemon;

  before(async () => {
    const squid = await startSquid(tempFolder(t));
    t.after(() => squid.stop());
    const target = await listenTls(t, {}, (socket) => socket.pipe(socket));
    const proxied = { connect: squid.port, protocol: 'connect', protocolHost: `localhost:${target.port}`, ...verified() };
    const service = (name: string, options: Options): string => clientSection(name, { ...proxied, ...options });
    const user = { protocolUsername: 'fred', protocolPassword: 'secret' };
    const wrong = { protocolUsername: 'fred', protocolPassword: 'wr0ngpass' };
    daemon = await startDaemon(t, {
      config: [
        service('basic', { ...user, protocolHeader: 'X-Test: yes' }),
        service('ntlm', { ...user, protocolAuthentication: 'ntlm', protocolDomain: 'DOMAIN' }),
        service('nobody', {}),
        service('basic-wrong', wrong),
        service('ntlm-wrong', { ...wrong, protocolAuthentication: 'ntlm' }),
      ].join(''),
    });
  });

  for (const name of ['basic', 'ntlm']) {
    test(`${name}: TLS with the target behind the proxy`, async (t) => {
      const client = await dial(t, await daemon.port(name));
      client.write('through the proxy');
      assert.equal((await readExactly(client, 17)).toString(), 'through the proxy');
      client.end();
      client.resume();
    });
  }

  for (const name of ['nobody', 'basic-wrong', 'ntlm-wrong']) {
    test(`${name}: refused, and no password in the log`, async (t) => {
      const from = daemon.lines.length;
      assert.equal(await ending(startDial(t, await daemon.port(name))), 'ECONNRESET');
      await daemon.line('The proxy answered CONNECT with "HTTP/1.1 407', { from });
      assert.ok(!daemon.lines.some((line) => line.includes('wr0ngpass')));
    });
  }

  test('nothing is left', () => daemon.stop());
});

/** A plain HTTP server on this machine, and what it answers. */
async function webServer(t: ReturnType<typeof suiteEnd>): Promise<number> {
  const server: Server = createServer((_, response) => response.end('hello from the target'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const curl = (...args: string[]): Promise<Finished> => runProgram(['curl', '-sv', '--max-time', '30', ...args]);

suite('SOCKS', { skip: requires({ linux: true, packages: ['microsocks', 'stunnel4', 'curl'] }) }, () => {
  const t = suiteEnd();
  let daemon: Daemon;
  let web: number;
  let stunnelToUs: number;

  before(async () => {
    web = await webServer(t);
    const server = certificate('server');
    const [socksPort, guardedPort, tlsPort, tlsGuardedPort, stunnelSocks] = await Promise.all(Array.from({ length: 5 }, closedPort));
    stunnelToUs = await closedPort();
    for (const [port, ...user] of [[String(socksPort)], [String(guardedPort), '-u', 'fred', '-P', 'secret']]) {
      const microsocks = new Program(['microsocks', '-i', '127.0.0.1', '-p', port ?? '', ...user]);
      t.after(() => microsocks.stop().then(() => undefined));
      await eventually('microsocks listens', async () => (await dial(t, Number(port))).destroy());
    }
    const toSocks = (name: string, port: number | undefined, user: Options = {}): string =>
      clientSection(name, { connect: port, protocol: 'socks', ...verified(), sni: '', protocolHost: `127.0.0.1:${web}`, ...user });
    const wrap = (name: string, port: number): string => clientSection(name, { connect: port, ...verified() });
    const servers = await startDaemon(t, {
      config: serverSection('open', { protocol: 'socks', allowTargets: '127.0.0.0/8' }) + serverSection('closed', { protocol: 'socks' }),
    });
    t.after(() => servers.stop());
    daemon = await startDaemon(t, {
      config: [
        toSocks('client', tlsPort),
        toSocks('client-user', tlsGuardedPort, { protocolUsername: 'fred', protocolPassword: 'secret' }),
        toSocks('client-wrong', tlsGuardedPort, { protocolUsername: 'fred', protocolPassword: 'wrong' }),
        toSocks('client-nobody', tlsGuardedPort),
        toSocks('to-stunnel', stunnelSocks),
        wrap('wrapped', await servers.port('open')),
        wrap('wrapped-closed', await servers.port('closed')),
      ].join(''),
    });
    const stunnel = await startStunnel(
      serverSection('in', { accept: tlsPort, connect: socksPort, cert: server.bothFile }) +
        serverSection('in-user', { accept: tlsGuardedPort, connect: guardedPort, cert: server.bothFile }) +
        serverSection('socks', { accept: stunnelSocks, protocol: 'socks', cert: server.bothFile }) +
        clientSection('out', { accept: stunnelToUs, connect: await servers.port('open'), ...verified() }),
      { directory: tempFolder(t) },
    );
    t.after(() => stunnel.stop('SIGKILL').then(() => undefined));
  });

  for (const name of ['client', 'client-user']) {
    test(`${name}: HTTP through microsocks`, async () => {
      const { stdout, stderr } = await curl(`http://127.0.0.1:${await daemon.port(name)}/`);
      assert.equal(stdout, 'hello from the target', stderr);
    });
  }

  test('client: a wrong password, and none where one is wanted', async (t) => {
    assert.equal(await ending(startDial(t, await daemon.port('client-wrong'))), 'ECONNRESET');
    await daemon.line('The SOCKS server refused the user name or password');
    assert.equal(await ending(startDial(t, await daemon.port('client-nobody'))), 'ECONNRESET');
    await daemon.line('The SOCKS server accepts no way of authentication that we have');
  });

  test('client: stunnel in server mode refuses loopback, in its own words', async (t) => {
    assert.equal(await ending(startDial(t, await daemon.port('to-stunnel'))), 'ECONNRESET');
    await daemon.line('The SOCKS server answered: connection not allowed by ruleset');
  });

  for (const [version, option] of [
    ['5 with a name', '--socks5-hostname'],
    ['5 with an address', '--socks5'],
    ['4a', '--socks4a'],
    ['4', '--socks4'],
  ] as const) {
    test(`server: curl with SOCKS ${version}`, async () => {
      const { stdout, stderr } = await curl('-4', option, `127.0.0.1:${await daemon.port('wrapped')}`, `http://localhost:${web}/`);
      assert.equal(stdout, 'hello from the target', stderr);
    });

    test(`server: curl with SOCKS ${version} is refused what may not be reached`, async () => {
      const { code, stderr } = await curl('-4', option, `127.0.0.1:${await daemon.port('wrapped-closed')}`, `http://localhost:${web}/`);
      assert.equal(code, 97, stderr);
      assert.match(stderr, version.startsWith('5') ? /\(2\)/ : /request rejected or failed/i);
    });
  }

  test('server: curl is told when nobody listens', async () => {
    const { code, stderr } = await curl(
      '--socks5-hostname',
      `127.0.0.1:${await daemon.port('wrapped')}`,
      `http://127.0.0.1:${await closedPort()}/`,
    );
    assert.equal(code, 97, stderr);
    assert.match(stderr, /\(5\)/);
  });

  test('server: curl through stunnel in client mode', async () => {
    const { stdout, stderr } = await curl('--socks5-hostname', `127.0.0.1:${stunnelToUs}`, `http://127.0.0.1:${web}/`);
    assert.equal(stdout, 'hello from the target', stderr);
  });

  test('nothing is left', () => daemon.stop());
});

suite('CONNECT server', { skip: requires({ linux: true, packages: ['stunnel4', 'curl'] }) }, () => {
  const t = suiteEnd();
  let daemon: Daemon;
  let web: number;
  let stunnelPort: number;

  before(async () => {
    web = await webServer(t);
    const server = certificate('server');
    const through = { protocol: 'connect', protocolHost: `127.0.0.1:${web}`, ...verified() };
    const theirs = await closedPort();
    daemon = await startDaemon(t, {
      config: [
        serverSection('open', { protocol: 'connect', allowTargets: '127.0.0.0/8, ::1' }),
        serverSection('closed', { connect: 1, protocol: 'connect' }),
        clientSection('to-stunnel', { connect: theirs, ...through }),
      ].join(''),
    });
    stunnelPort = await closedPort();
    const stunnel = await startStunnel(
      serverSection('in', { accept: theirs, connect: 1, protocol: 'connect', cert: server.bothFile }) +
        clientSection('out', { accept: stunnelPort, connect: await daemon.port('open'), ...through }),
      { directory: tempFolder(t) },
    );
    t.after(() => stunnel.stop('SIGKILL').then(() => undefined));
  });

  test('curl asks in clear, speaks TLS with us, and reaches the target', async () => {
    const proxy = `http://127.0.0.1:${await daemon.port('open')}`;
    const { stdout, stderr } = await curl('-4', '--proxy', proxy, '--cacert', authority().certFile, `https://localhost:${web}/`);
    assert.equal(stdout, 'hello from the target', stderr);
  });

  test('curl is refused what may not be reached, whatever its spelling', async () => {
    for (const host of ['localhost', '127.0.0.1', '2130706433', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]']) {
      // curl itself would turn some of these into an address; a raw request keeps them.
      const request = `CONNECT ${host}:${web} HTTP/1.1\r\n\r\n`;
      const socket = await dial(t, await daemon.port('closed'));
      socket.write(request);
      assert.equal((await readExactly(socket, 22)).toString(), 'HTTP/1.1 403 Forbidden', host);
      socket.destroy();
    }
  });

  test('stunnel in client mode', async () => {
    const { stdout, stderr } = await curl(`http://127.0.0.1:${stunnelPort}/`);
    assert.equal(stdout, 'hello from the target', stderr);
  });

  test('stunnel in server mode', async () => {
    const { stdout, stderr } = await curl(`http://127.0.0.1:${await daemon.port('to-stunnel')}/`);
    assert.equal(stdout, 'hello from the target', stderr);
  });

  test('nothing is left', () => daemon.stop());
});

/** Listens as a proxy, and notes the credentials of each client. */
async function proxyThatNotes(t: TestContext, noted: string[]): Promise<number> {
  const { port } = await listen(t, async (socket) => {
    socket.on('error', () => undefined);
    let request = '';
    for await (const chunk of socket) {
      request += String(chunk);
      if (request.endsWith('\r\n\r\n')) break;
    }
    noted.push(/^Proxy-Authorization: basic (.*)\r$/im.exec(request)?.[1] ?? 'none');
  });
  return port;
}

suite('a user or password that is empty is sent as stunnel sends it', { skip: requires({ packages: ['stunnel4'] }) }, () => {
  for (const [protocolUsername, protocolPassword] of [
    ['', ''],
    ['fred', ''],
    ['', 'secret'],
  ])
    test(`user "${protocolUsername}", password "${protocolPassword}"`, async (t) => {
      const noted: string[] = [];
      const connect = await proxyThatNotes(t, noted);
      const options = { connect, protocol: 'connect', protocolHost: 'localhost:443', protocolUsername, protocolPassword };
      const port = await closedPort();
      const theirs = await startStunnel(clientSection('s', { accept: port, ...options }), { directory: tempFolder(t) });
      t.after(() => theirs.stop());
      const ours = await startDaemon(t, { config: clientSection('s', options) });
      for (const [index, place] of [port, await ours.port('s')].entries()) {
        startDial(t, place).on('error', () => undefined);
        await eventually('a client has logged in', () => noted.length === index + 1);
      }
      const credentials = Buffer.from(`${protocolUsername}:${protocolPassword}`).toString('base64');
      assert.deepEqual(noted, [credentials, credentials]);
      await ours.stop();
    });
});
