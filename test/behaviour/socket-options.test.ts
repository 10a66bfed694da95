/** `socket = a|l|r:NAME=VALUE` on the sockets of a running daemon, as `ss` sees them; and Unix sockets of `accept` with their owner. */
// Tests: src/linux/sockets/socket-options.ts, src/sockets/socket-settings.ts
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { dial, ending, listen, readExactly, startDial } from '../support/net/tcp.ts';
import { listenTls } from '../support/net/tls.ts';
import { clientSection } from '../support/overcoat/config-text.ts';
import { DAEMON_HEAD, runDaemon, startDaemon } from '../support/overcoat/daemon.ts';
import { outputOf } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

/** One socket as `ss` shows it: timers, memory and TCP facts on one line. */
async function seen(filter: string): Promise<string> {
  return (await outputOf(['ss', '-HtnOoime', ...filter.split(' ')])).trim();
}

suite('socket options', { skip: requires({ linux: true, packages: ['iproute2'] }) }, () => {
  test('of all three sockets are set, and said', async (t) => {
    const upstream = await listenTls(t, {}, (socket) => socket.pipe(socket));
    const socketOptions = [
      'a:SO_RCVBUF=20000',
      'l:SO_KEEPALIVE=yes',
      'l:TCP_KEEPIDLE=1000',
      'r:SO_KEEPALIVE=1',
      'r:TCP_KEEPIDLE=2000',
      'r:TCP_MAXSEG=700',
    ];
    const daemon = await startDaemon(t, {
      config: clientSection('svc', { connect: upstream.port, socket: socketOptions }),
    });
    const port = await daemon.port('svc');
    const socket = await dial(t, port);
    socket.write('hello');
    assert.equal((await readExactly(socket, 5)).toString(), 'hello');
    for (const said of [
      'SO_RCVBUF set on accept',
      'SO_KEEPALIVE set on local',
      'TCP_KEEPIDLE set on local',
      'SO_KEEPALIVE set on remote',
      'TCP_MAXSEG set on remote',
    ])
      await daemon.line(new RegExp(`LOG7\\[(ui|0)\\]: Option ${said} socket$`));
    assert.match(await seen(`state listening sport = :${port}`), /rb40000/, 'the kernel doubles what is asked for');
    assert.match(await seen(`state established sport = :${port}`), /timer:\(keepalive,1[56]min/);
    const remote = await seen(`state established dport = :${upstream.port}`);
    assert.match(remote, /timer:\(keepalive,3[23]min/);
    assert.match(remote, / mss:[67]\d\d /);
    socket.end();
    await daemon.stop();
  });

  for (const [before, after, end] of [
    [undefined, 'l:SO_LINGER=0', 'closed'],
    ['l:SO_LINGER=0', undefined, 'ECONNRESET'],
  ] as const)
    test(`what a reload says of SO_LINGER (${after ?? 'nothing'}) holds for the next client, to the end of the process`, async (t) => {
      const upstream = await listenTls(t, {}, (socket) => void socket.on('error', () => undefined).pipe(socket));
      const section = (socket: string | undefined): string =>
        clientSection('svc', { connect: upstream.port, ...(socket === undefined ? {} : { socket }) });
      const daemon = await startDaemon(t, { config: section(before) });
      writeFileSync(daemon.configFile, DAEMON_HEAD + section(after));
      daemon.signal('SIGHUP');
      await daemon.line('Log file reopened');
      const socket = await dial(t, await daemon.port('svc'));
      socket.write('hello');
      assert.equal((await readExactly(socket, 5)).toString(), 'hello');
      const ended = ending(socket);
      daemon.signal('SIGKILL');
      assert.equal(await ended, end);
    });

  test('what the kernel refuses for a listener is a failure of the start, by name', async (t) => {
    const config = clientSection('svc', { connect: 1, socket: 'a:IP_TTL=4000' });
    const { code, stderr } = await runDaemon(t, { config });
    assert.equal(code, 1);
    assert.match(stderr, /cannot listen on 127\.0\.0\.1:0: setsockopt IP_TTL \(accept socket\): Invalid argument \(22\)/);
  });

  for (const [role, name] of [
    ['l', 'local'],
    ['r', 'remote'],
  ] as const) {
    test(`what it refuses for a connection (${role}:) is said by name, and the connection goes on with the others`, async (t) => {
      const upstream = await listenTls(t, {}, (socket) => socket.pipe(socket));
      const socketOptions = [`${role}:IP_TTL=4000`, `${role}:SO_KEEPALIVE=1`];
      const daemon = await startDaemon(t, { config: clientSection('svc', { connect: upstream.port, socket: socketOptions }) });
      const socket = await dial(t, await daemon.port('svc'));
      socket.write('hello');
      assert.equal((await readExactly(socket, 5)).toString(), 'hello');
      await daemon.line('LOG3[0]: IP_TTL: Invalid argument (22)');
      await daemon.line(`LOG4[0]: Failed to set ${name} socket options`);
      await daemon.line(`LOG7[0]: Option SO_KEEPALIVE set on ${name} socket`);
      socket.end();
      await daemon.stop();
    });

    test(`a device that it refuses (${role}:) ends the connection, by name: it would go another way`, async (t) => {
      const backend = await listen(t);
      const config = clientSection('svc', { connect: backend.port, socket: `${role}:SO_BINDTODEVICE=none-such` });
      const daemon = await startDaemon(t, { config });
      assert.equal(await ending(startDial(t, await daemon.port('svc'))), 'ECONNRESET');
      await daemon.line(new RegExp(`LOG3\\[0\\]: (s_connect: )?setsockopt SO_BINDTODEVICE \\(${name} socket\\): No such device \\(19\\)`));
      assert.equal(backend.accepted.length, 0);
      await daemon.stop();
    });
  }

  test('SO_REUSEADDR=no and a name that does not exist', async (t) => {
    const daemon = await startDaemon(t, { config: clientSection('svc', { connect: 1, socket: 'a:SO_REUSEADDR=no' }) });
    await daemon.line('LOG7[ui]: Option SO_REUSEADDR set on accept socket');
    await daemon.stop();
    const { code, stderr } = await runDaemon(t, {
      config: clientSection('svc', { connect: 1, socket: 'a:SO_NONSENSE=1' }),
    });
    assert.equal(code, 1);
    assert.match(stderr, /overcoat\.conf:8: socket: "SO_NONSENSE" is not a socket option/);
  });

  test('an IPv6 listener for IPv6 only leaves IPv4 alone', async (t) => {
    const config = clientSection('six', { accept: ':::0', connect: 1, socket: 'a:IPV6_V6ONLY=yes' });
    const daemon = await startDaemon(t, { config });
    const port = await daemon.port('six');
    assert.equal(await ending(connect(port, '127.0.0.1')), 'ECONNREFUSED');
    assert.equal(await ending(connect(port, '::1')), 'ECONNRESET', 'accepted, and the target refuses');
    await daemon.stop();
  });
});

suite('Unix sockets of accept', () => {
  test('are served and removed at the end', async (t) => {
    const path = join(tempFolder(t), 'socket');
    const upstream = await listenTls(t, {}, (socket) => socket.pipe(socket));
    const daemon = await startDaemon(t, { config: clientSection('svc', { accept: path, connect: upstream.port }) });
    const socket = connect(path);
    socket.write('hello');
    assert.equal((await readExactly(socket, 5)).toString(), 'hello');
    await daemon.line('Service [svc] accepted connection from unnamed socket');
    socket.end();
    await daemon.stop();
    assert.equal(existsSync(path), false);
  });

  test('never take the place of a file that is no socket', async (t) => {
    const folder = tempFolder(t);
    const path = join(folder, 'precious');
    writeFileSync(path, 'precious');
    const { code, stderr } = await runDaemon(t, { config: clientSection('svc', { accept: path, connect: 1 }) });
    assert.equal(code, 1);
    assert.ok(stderr.includes(`cannot listen on ${path}: Address already in use (98)`), stderr);
    assert.equal(readFileSync(path, 'utf8'), 'precious');
  });

  test('in a folder that is not there: the reason is the folder, not a permission', async (t) => {
    const path = join(tempFolder(t), 'missing', 'socket');
    const { code, stderr } = await runDaemon(t, { config: clientSection('svc', { accept: path, connect: 1 }) });
    assert.equal(code, 1);
    assert.ok(stderr.includes(`cannot listen on ${path}: No such file or directory (2)`), stderr);
  });

  test('belong to whom the section says', { skip: requires({ root: true }) }, async (t) => {
    const folder = tempFolder(t);
    chmodSync(folder, 0o777);
    const path = join(folder, 'socket');
    const daemon = await startDaemon(t, {
      config: clientSection('svc', { accept: path, connect: 1, setuid: 'nobody', setgid: 12345 }),
    });
    const { uid, gid } = statSync(path);
    assert.deepEqual({ uid, gid }, { uid: 65534, gid: 12345 });
    assert.equal(process.getuid?.(), 0);
    await daemon.stop();
  });
});
