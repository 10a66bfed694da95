/**
 * PostgreSQL: a real server that insists on TLS behind our client mode with psql in its default settings, a plain database behind our
 * server mode with psql asking for TLS, and Debian's stunnel at the other end of either.
 */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { connect, createServer } from 'node:tls';
import { authority, certificate } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { closedPort, dial, listen, readExactly } from '../support/net/tcp.ts';
import { listenTls } from '../support/net/tls.ts';
import { clientSection, serverSection, verified } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { runOvercoat, startDaemon } from '../support/overcoat/daemon.ts';
import type { Postgres } from '../support/peers/postgres.ts';
import { startPostgres } from '../support/peers/postgres.ts';
import { startStunnel } from '../support/peers/stunnel4.ts';
import type { Finished } from '../support/program.ts';
import { outputOf, Program, runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';
import { tempFolder } from '../support/temp.ts';

const SSL_REQUEST = Buffer.from('0000000804d2162f', 'hex');

suite('PostgreSQL', { skip: requires({ root: true, linux: true, packages: ['postgresql', 'stunnel4'] }) }, () => {
  const t = suiteEnd();
  let postgres: Postgres;
  let daemon: Daemon;
  let stunnelPort: number;

  before(async () => {
    const server = certificate('server');
    postgres = await startPostgres({ directory: tempFolder(t), certFile: server.certFile, keyFile: server.keyFile });
    t.after(() => postgres.stop());
    const theirPort = await closedPort();
    daemon = await startDaemon(t, {
      config: [
        clientSection('client', { connect: postgres.port, protocol: 'pgsql', ...verified() }),
        clientSection('to-stunnel', { connect: theirPort, protocol: 'pgsql', ...verified() }),
        serverSection('server', { connect: postgres.port, protocol: 'pgsql' }),
        serverSection('strict', { connect: postgres.port, protocol: 'pgsql', pgsqlCancel: false }),
      ].join(''),
    });
    stunnelPort = await closedPort();
    const stunnel = await startStunnel(
      serverSection('in', { accept: theirPort, connect: postgres.port, protocol: 'pgsql', cert: server.bothFile }) +
        clientSection('out', { accept: stunnelPort, connect: await daemon.port('server'), protocol: 'pgsql', ...verified() }),
      { directory: tempFolder(t) },
    );
    t.after(() => stunnel.stop('SIGKILL').then(() => undefined));
  });

  /** Is the server's end of the connection TLS? */
  function ask(port: number, database: string, more = ''): Promise<Finished> {
    const target = `host=localhost hostaddr=127.0.0.1 port=${port} user=fred dbname=${database} connect_timeout=20 ${more}`;
    return runProgram(['psql', '-X', '-A', '-t', '-c', 'select ssl from pg_stat_ssl where pid = pg_backend_pid()', target]);
  }

  test('client: psql in its default settings reaches a server that insists on TLS', async () => {
    const { code, stdout, stderr } = await ask(await daemon.port('client'), 'secure');
    assert.equal(stdout.trim(), 't', stderr);
    assert.equal(code, 0);
  });

  test('client: psql that does not want TLS', async () => {
    assert.equal((await ask(await daemon.port('client'), 'secure', 'sslmode=disable')).stdout.trim(), 't');
  });

  test('the server does insist', async () => {
    assert.match((await ask(postgres.port, 'secure', 'sslmode=disable')).stderr, /no pg_hba.conf entry.*no encryption/);
  });

  test('server: psql that insists on TLS and verifies, in front of a plain database', async () => {
    const { stdout, stderr } = await ask(await daemon.port('server'), 'plain', `sslmode=verify-full sslrootcert=${authority().certFile}`);
    assert.equal(stdout.trim(), 'f', stderr);
  });

  /** Debian's libpq is older than 17 and asks in clear, whatever sslmode says. */
  for (const [service, ends] of [
    ['server', true],
    ['strict', false],
  ] as const)
    test(`server: ^C of psql ${ends ? 'cancels its query, also over a port for TLS' : 'is refused where the service says so'}`, async () => {
      const target = `host=localhost hostaddr=127.0.0.1 port=${await daemon.port(service)} user=fred dbname=plain sslmode=require`;
      const from = daemon.lines.length;
      const mark = `'${service} waits'`;
      const psql = new Program(['psql', '-X', '-c', `select pg_sleep(${ends ? 600 : 6}), ${mark}`, target]);
      const active = `select count(*) from pg_stat_activity where state = 'active' and query like '%${service} wait' || 's%'`;
      const direct = `host=127.0.0.1 port=${postgres.port} user=fred dbname=plain`;
      await eventually('the query runs', async () => (await outputOf(['psql', '-X', '-A', '-t', '-c', active, direct])).trim() === '1');
      psql.kill('SIGINT');
      if (!ends) await daemon.line(/Connection failed: .*service \[strict\].*in clear to cancel a query.*`pgsqlCancel = yes`/, { from });
      const { stderr } = await psql.finished;
      if (ends) assert.match(stderr, /canceling statement due to user request/);
      else assert.doesNotMatch(stderr, /canceling statement due to user request/);
    });

  test('client: psql that insists on TLS of its own is named in the failure', async () => {
    const from = daemon.lines.length;
    const { code } = await ask(await daemon.port('client'), 'secure', 'sslmode=require');
    assert.notEqual(code, 0);
    await daemon.line(/Connection failed: .*negotiation_failed: .*insists on it \(sslmode=require .*--plain ADDRESS/, { from });
  });

  test('server: psql without TLS is told why it cannot stay', async () => {
    const { code, stderr } = await ask(await daemon.port('server'), 'plain', 'sslmode=disable');
    assert.notEqual(code, 0);
    assert.match(stderr, /TLS is required here/);
  });

  test('our client mode, stunnel in server mode', async () => {
    assert.equal((await ask(await daemon.port('to-stunnel'), 'plain')).stdout.trim(), 'f');
  });

  test('stunnel in client mode, our server mode', async () => {
    assert.equal((await ask(stunnelPort, 'plain', 'sslmode=disable')).stdout.trim(), 'f');
  });

  test('overcoat pin looks inside the protocol', async () => {
    const { code, stdout, stderr } = await runOvercoat(['pin', `127.0.0.1:${postgres.port}`, '--protocol', 'pgsql']);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /presents one certificate \(TLSv1\.\d after pgsql\)/);
  });

  test('nothing is left', () => daemon.stop());
});

/** Version 17 is not in Debian 12: what its server does is played here, and checked against the real one by hand. */
suite('PostgreSQL: TLS from the first byte', () => {
  const services = (port: number): string => clientSection('direct', { connect: port, protocol: 'pgsql-direct', ...verified() });

  test('the server is asked for the protocol by ALPN, and the client’s SSLRequest is declined', async (t) => {
    const server = await listenTls(t, { ALPNProtocols: ['postgresql'] });
    const daemon = await startDaemon(t, { config: services(server.port) });
    const client = await dial(t, await daemon.port('direct'));
    client.write(SSL_REQUEST);
    assert.equal((await readExactly(client, 1)).toString(), 'N');
    client.write('startup');
    const accepted = await server.next();
    assert.equal(accepted.alpnProtocol, 'postgresql');
    assert.equal((await readExactly(accepted, 7)).toString(), 'startup');
    client.end();
    accepted.end();
    await daemon.line('Connection closed');
    await daemon.stop();
  });

  test('a server that does not know the protocol gets nothing', async (t) => {
    const { certificate: cert, key } = certificate('server');
    const heard: Buffer[] = [];
    const tlsServer = createServer({ cert, key }, (socket) => socket.on('data', (chunk: Buffer) => heard.push(chunk)));
    const server = await listen(t, (socket) => tlsServer.emit('connection', socket));
    const daemon = await startDaemon(t, { config: services(server.port) });
    const client = await dial(t, await daemon.port('direct'));
    client.write('startup');
    await daemon.line('it does not know direct TLS');
    await daemon.line('Connection closed/reset');
    assert.equal(Buffer.concat(heard).length, 0);
    await daemon.stop();
  });

  test('server mode: a client that speaks TLS at once, with the protocol it asks for', async (t) => {
    const backend = await listen(t);
    const daemon = await startDaemon(t, {
      config: serverSection('server', { connect: backend.port, protocol: 'pgsql', alpn: 'postgresql' }),
    });
    const client = connect({
      port: await daemon.port('server'),
      ca: authority().certificate,
      servername: 'localhost',
      ALPNProtocols: ['postgresql'],
    });
    t.after(() => {
      client.destroy();
    });
    client.write('startup');
    const accepted = await backend.next();
    assert.equal((await readExactly(accepted, 7)).toString(), 'startup');
    assert.equal(client.alpnProtocol, 'postgresql');
    client.end();
    accepted.end();
    await daemon.line(/Connection (closed|reset)/);
    await daemon.stop();
  });
});
