/** Under systemd: sockets it has bound stand for the `accept` lines in their order, and it is told when the daemon serves. */
// Tests: src/daemon/process/ready.ts
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, existsSync, readFileSync, readSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { bind, socket } from '../../src/linux/libc/sockets.ts';
import { encodeUnixAddress } from '../../src/linux/sockets/socket-address.ts';
import { eventually } from '../support/eventually.ts';
import { closedPort, collect, dial } from '../support/net/tcp.ts';
import { listenTls } from '../support/net/tls.ts';
import { BIN, ROOT } from '../support/overcoat/checkout.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { clientSection, optionLines } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { Program, runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const AF_UNIX = 1;
const DATAGRAM_NONBLOCKING = 2 | 0o4000;

/** Two services, one for each of the sockets; the addresses in the file count for nothing. */
async function configure(t: TestContext, options: Options = {}): Promise<{ folder: string; file: string }> {
  const folder = tempFolder(t);
  const upstreams = await Promise.all(['one', 'two'].map((word) => listenTls(t, {}, (tls) => tls.end(word))));
  const sections = upstreams.map(({ port }, index) => clientSection(`s${index}`, { accept: `127.0.0.9:${index + 1}`, connect: port }));
  const text = optionLines({ foreground: true, syslog: false, debug: 7, ...options }) + sections.join('');
  const { 'overcoat.conf': file } = writeFiles(folder, { 'overcoat.conf': text });
  return { folder, file };
}

/** Binds a port for whoever is started next; nobody here accepts. */
function boundSocket(t: TestContext): { port: number; fd: number } {
  const bound = new net.BoundSocket({ host: '127.0.0.1', port: 0 });
  t.after(() => bound.close());
  return { port: (bound.address() as AddressInfo).port, fd: bound.fd() };
}

async function answerAt(t: TestContext, port: number): Promise<string> {
  return (await collect(await dial(t, port))).toString();
}

suite('sockets of systemd', { skip: requires({ linux: true }) }, () => {
  /** Starts the daemon as systemd does: the sockets from descriptor 3 on, and its own pid in the environment. */
  function activate(t: TestContext, file: string, fds: readonly number[]): { output: () => string; exited: Promise<number | null> } {
    const script = `LISTEN_PID=$$ LISTEN_FDS=${fds.length} exec "$0" run "$1"`;
    const child = spawn('sh', ['-c', script, join(BIN, 'overcoat'), file], { stdio: ['ignore', 'ignore', 'pipe', ...fds] });
    let text = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    t.after(() => void child.kill('SIGKILL'));
    return { output: () => text, exited: new Promise((resolve) => child.once('exit', resolve)) };
  }

  test('are served in the order of the file', async (t) => {
    const { file } = await configure(t);
    const [first, second] = [boundSocket(t), boundSocket(t)];
    const { output } = activate(t, file, [first.fd, second.fd]);
    await eventually('it serves', () => output().includes('Configuration successful'));
    assert.ok(output().includes(`Service [s0] bound to 127.0.0.1:${first.port}`), output());
    assert.ok(output().includes(`Service [s1] bound to 127.0.0.1:${second.port}`));
    assert.equal(await answerAt(t, second.port), 'two');
    assert.equal(await answerAt(t, first.port), 'one');
  });

  test('in another order than the accept lines have are warned of, since their clients meet another service', async (t) => {
    const [first, second] = [boundSocket(t), boundSocket(t)];
    const sections = [first, second].map(({ port }, index) => clientSection(`s${index}`, { accept: `127.0.0.1:${port}`, connect: 9 }));
    const { 'o.conf': file } = writeFiles(tempFolder(t), {
      'o.conf': optionLines({ foreground: true, syslog: false }) + sections.join(''),
    });
    const { output } = activate(t, file, [second.fd, first.fd]);
    await eventually('it serves', () => output().includes('Configuration successful'));
    assert.ok(
      output().includes(`LOG4[ui]: systemd's socket at 127.0.0.1:${second.port} is given to [s0], and is what [s1] accepts at`),
      output(),
    );
  });

  test('more of them than accept lines are an error that says so', async (t) => {
    const { file } = await configure(t);
    const fds = [boundSocket(t), boundSocket(t), boundSocket(t)].map(({ fd }) => fd);
    const { output, exited } = activate(t, file, fds);
    assert.equal(await exited, 1);
    assert.match(output(), /^overcoat: Too many listening file descriptors received from systemd, got 3 for 2 accept line\(s\)/m);
  });

  test('for a file without a section are an error: its client is standard input', async (t) => {
    const { 'o.conf': file } = writeFiles(tempFolder(t), { 'o.conf': optionLines({ syslog: false, client: true, connect: 9 }) });
    const { output, exited } = activate(t, file, [boundSocket(t).fd]);
    assert.equal(await exited, 1);
    assert.match(output(), /^overcoat: Too many listening file descriptors received from systemd, got 1: .*StandardInput=socket/m);
  });

  test('in the background they are handed on', async (t) => {
    const { file, folder } = await configure(t);
    const text = readFileSync(file, 'utf8').replace('foreground = yes', `foreground = no\noutput = ${folder}/log\npid = ${folder}/pid`);
    writeFiles(folder, { 'overcoat.conf': text });
    const sockets = [boundSocket(t), boundSocket(t)];
    const { exited, output } = activate(
      t,
      file,
      sockets.map(({ fd }) => fd),
    );
    assert.equal(await exited, 0, output());
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    t.after(() => {
      if (existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGKILL');
    });
    assert.match(readFileSync(join(folder, 'log'), 'utf8'), new RegExp(`Service \\[s1\\] bound to 127\\.0\\.0\\.1:${sockets[1]?.port}`));
    process.kill(pid, 'SIGTERM');
    await eventually('it ends', () => !existsSync(`/proc/${pid}`));
  });

  test('the first client starts the daemon, which answers it', {
    skip: requires({ commands: ['systemd-analyze', 'systemd-socket-activate'] }),
  }, async (t) => {
    const { file } = await configure(t);
    const ports = [await closedPort(), await closedPort()];
    const listens = ports.flatMap((port) => ['--listen', `127.0.0.1:${port}`]);
    const program = new Program(['systemd-socket-activate', ...listens, join(BIN, 'overcoat'), 'run', file]);
    t.after(() => program.kill('SIGKILL'));
    await program.saw(/Listening on 127\.0\.0\.1:\d+ as 4/);
    assert.equal(await answerAt(t, ports[1] as number), 'two');
    assert.equal(await answerAt(t, ports[0] as number), 'one');
    await program.stop('SIGINT');
  });
});

suite('telling systemd', { skip: requires({ linux: true }) }, () => {
  /** The manager's end of NOTIFY_SOCKET. */
  function manager(t: TestContext, path: string): () => string {
    const fd = socket(AF_UNIX, DATAGRAM_NONBLOCKING, 0);
    assert.equal(bind(fd, encodeUnixAddress(path)), 0);
    t.after(() => closeSync(fd));
    let text = '';
    const bytes = Buffer.alloc(4096);
    return () => {
      try {
        for (;;) text += `${bytes.toString('utf8', 0, readSync(fd, bytes))}--\n`;
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN');
      }
      return text;
    };
  }

  test('of what goes on, in the line of `systemctl status`', async (t) => {
    const path = join(tempFolder(t), 'notify');
    const told = manager(t, path);
    const config = optionLines({ control: join(tempFolder(t), 'c.sock') }) + clientSection('svc', { connect: 1 });
    const daemon = await startDaemon(t, { config, env: { NOTIFY_SOCKET: path } });
    await daemon.line('A spare worker is ready');
    daemon.takeBaseline();
    await collect(await dial(t, await daemon.port('svc'))).catch(() => undefined);
    const line = 'STATUS=Serving 1 service(s); 0 open, 0 silent, 0.0 Mbit/s, 1 failed\n';
    await eventually('it is told', () => told().includes(line));
    await daemon.stop();
  });

  for (const kind of ['a path', 'an abstract name'])
    test(`of readiness, reloads and the end, at ${kind}`, async (t) => {
      const path = kind === 'a path' ? join(tempFolder(t), 'notify') : `@overcoat-test-${process.pid}`;
      const told = manager(t, path);
      const config = optionLines({ control: false }) + clientSection('svc', { connect: 1 });
      const daemon = await startDaemon(t, { config, env: { NOTIFY_SOCKET: path } });
      const ready = (status: string): string => `READY=1\nMAINPID=${daemon.pid}\nSTATUS=${status}\n--\n`;
      const serving = ready('Serving 1 service\\(s\\)');
      await eventually('it is ready', () => new RegExp(`^${serving}$`).test(told()));
      daemon.signal('SIGHUP');
      const reloading = 'RELOADING=1\nMONOTONIC_USEC=\\d+\n--\n';
      const reloaded = `${serving}${reloading}${ready('Reloaded in \\d+ ms: no service has changed')}`;
      await eventually('it has reloaded', () => new RegExp(`^${reloaded}$`).test(told()));
      writeFiles(daemon.folder, { 'overcoat.conf': 'nonsense\n' });
      daemon.signal('SIGHUP');
      const failed = `${reloaded}${reloading}${ready('Reload failed, the old configuration serves on: .+')}`;
      await eventually('it has failed to', () => new RegExp(`^${failed}$`).test(told()));
      await daemon.stop();
      assert.ok(told().endsWith('STOPPING=1\n--\n'));
    });

  test('nobody who listens is no failure', async (t) => {
    const config = clientSection('svc', { connect: 1 });
    const daemon = await startDaemon(t, { config, env: { NOTIFY_SOCKET: '/nonexistent/notify' } });
    await daemon.stop();
  });

  test('also from a jail and as another user', { skip: requires({ root: true }) }, async (t) => {
    const folder = tempFolder(t);
    const path = join(folder, 'notify');
    const told = manager(t, path);
    const config = optionLines({ chroot: folder, setuid: 'nobody' }) + clientSection('svc', { connect: 1 });
    const daemon = await startDaemon(t, { config, env: { NOTIFY_SOCKET: path } });
    await eventually('it is ready', () => told().startsWith('READY=1\n'));
    await daemon.stop();
    assert.ok(told().endsWith('STOPPING=1\n--\n'));
  });
});

suite('the example units', { skip: requires({ commands: ['systemd-analyze', 'systemd-socket-activate'] }) }, () => {
  test('are what systemd understands', async (t) => {
    const folder = tempFolder(t);
    for (const name of ['overcoat.service', 'overcoat.socket']) {
      const text = readFileSync(join(ROOT, 'examples', 'systemd', name), 'utf8').replaceAll(
        '/usr/local/bin/overcoat',
        join(BIN, 'overcoat'),
      );
      writeFiles(folder, { [name]: text });
    }
    const { code, stderr } = await runProgram([
      'systemd-analyze',
      'verify',
      join(folder, 'overcoat.service'),
      join(folder, 'overcoat.socket'),
    ]);
    const ours = stderr.split('\n').filter((line) => line.includes('overcoat'));
    assert.deepEqual(ours, []);
    assert.equal(code, 0, stderr);
  });
});

test('the units of the gateway start it again, but not where its arguments are wrong', async () => {
  const { code } = await runProgram([join(BIN, 'overcoat'), 'gateway', '--from']);
  for (const unit of ['examples/systemd/overcoat-gateway.service', 'tools/package/debian/overcoat-gateway.service'])
    assert.match(
      readFileSync(join(ROOT, unit), 'utf8'),
      new RegExp(`^Restart=on-failure\\n(?:#.*\\n)?RestartPreventExitStatus=${code}$`, 'm'),
      unit,
    );
});

suite('memory that is writable and executable', () => {
  const UNITS = ['overcoat.service', 'overcoat-gateway.service'];

  test('is what the runtime needs, so no example unit forbids it', () => {
    for (const name of UNITS)
      assert.doesNotMatch(readFileSync(join(ROOT, 'examples/systemd', name), 'utf8'), /^MemoryDenyWriteExecute/m, name);
  });

  test('cannot be done without by a checkout: its types are removed by WebAssembly, which --jitless takes away', {
    skip: requires({ checkout: true }),
  }, async () => {
    const environment = { ...process.env };
    delete environment['NODE_COMPILE_CACHE'];
    const { code, stderr } = await runProgram([process.execPath, '--jitless', join(ROOT, 'src/cli/main.ts'), 'version'], {
      env: environment,
    });
    assert.equal(code, 1);
    assert.match(stderr, /ERR_WEBASSEMBLY_NOT_SUPPORTED/, 'else docs/tuning.md and the units may say how it is done');
  });
});
