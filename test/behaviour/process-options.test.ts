/** What the options of the process do: environment, places and shape of the log, the system log, and the terminal for passphrases. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { ReadStream } from 'node:tty';
import { openpty } from '../../src/linux/libc/descriptors.ts';
import { certificate } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { collect, ending, listen, readExactly, startDial } from '../support/net/tcp.ts';
import { dialTls, listenTls } from '../support/net/tls.ts';
import { BIN } from '../support/overcoat/checkout.ts';
import { clientSection, optionLines, serverSection } from '../support/overcoat/config-text.ts';
import { DAEMON_HEAD, runDaemon, startDaemon } from '../support/overcoat/daemon.ts';
import { outputOf, Program } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const { certFile, keyFile } = certificate('server');
const CLIENT = clientSection('svc', { connect: 1 });

suite('setEnv', () => {
  test('reaches the programs of services, and an empty value removes', async (t) => {
    const config = optionLines({ setEnv: ['GREETING=hello = world', 'UNWANTED='] }) + serverSection('svc', { exec: '/usr/bin/env' });
    const daemon = await startDaemon(t, { config, env: { UNWANTED: '1', WANTED: '2' } });
    const socket = await dialTls(t, await daemon.port('svc'), { rejectUnauthorized: false });
    const variables = (await collect(socket)).toString().split('\n');
    assert.ok(variables.includes('GREETING=hello = world'));
    assert.ok(variables.includes('WANTED=2'));
    assert.ok(!variables.some((line) => line.startsWith('UNWANTED') || line.startsWith('NODE_COMPILE_CACHE')));
    socket.destroy();
    await daemon.stop();
  });

  test('refuses what would switch a protection off', async (t) => {
    const { code, stderr } = await runDaemon(t, { config: optionLines({ setEnv: 'NODE_TLS_REJECT_UNAUTHORIZED=0' }) + CLIENT });
    assert.equal(code, 1);
    assert.match(stderr, /overcoat\.conf:4: setEnv: NODE_TLS_REJECT_UNAUTHORIZED/);
  });

  test('TZ moves the stamps of the log', async (t) => {
    const config = optionLines({ setEnv: 'TZ=Etc/GMT-11', output: '@/log' }) + CLIENT;
    const daemon = await startDaemon(t, { config, env: { TZ: 'UTC' } });
    const log = join(daemon.folder, 'log');
    await eventually('the time is that of the zone', () => {
      daemon.signal('SIGUSR1');
      const [day = '', time = ''] = (readFileSync(log, 'utf8').trimEnd().split('\n').at(-1) ?? '').split(' ');
      return Math.abs(Date.parse(`${day.replaceAll('.', '-')}T${time}+11:00`) - Date.now()) < 120_000;
    });
    await daemon.stop();
  });
});

suite('the log', () => {
  test('foreground = quiet says nothing on standard error', async (t) => {
    const folder = tempFolder(t);
    const { conf } = writeFiles(folder, { conf: optionLines({ foreground: 'quiet', syslog: false, output: `${folder}/log` }) + CLIENT });
    const program = new Program([join(BIN, 'overcoat'), 'run', conf]);
    t.after(() => program.kill('SIGKILL'));
    await eventually('it serves', () => readFileSync(join(folder, 'log'), 'utf8').includes('Configuration successful'));
    const { code, stdout, stderr } = await program.stop();
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '', stderr: '' });
  });

  test('output = /dev/stdout', async (t) => {
    const { conf } = writeFiles(tempFolder(t), {
      conf: optionLines({ foreground: 'quiet', syslog: false, output: '/dev/stdout' }) + CLIENT,
    });
    const program = new Program([join(BIN, 'overcoat'), 'run', conf]);
    await program.saw(/LOG5\[ui\]: Configuration successful/);
    const { code, stderr, stdout } = await program.stop();
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    assert.match(stdout, /LOG5\[main\]: Terminated\n$/);
  });

  test('debug of a section is its own', async (t) => {
    const quiet = clientSection('quiet', { connect: 1, debug: 4 });
    const loud = clientSection('loud', { connect: 1, debug: 7 });
    const daemon = await startDaemon(t, { config: quiet + loud });
    const addresses = await daemon.addresses('loud');
    assert.equal(addresses.length, 1);
    await ending(startDial(t, await daemon.port('loud')));
    await daemon.line('Service [loud] accepted connection');
    assert.ok(!daemon.lines.some((line) => line.includes('Service [quiet] bound to')));
    await daemon.stop();
  });

  for (const [form, id] of [
    ['sequential', /LOG5\[0\]: /],
    ['unique', /LOG5\[[A-Za-z0-9]{22}\]: /],
    ['process', /LOG5\[\d+\]: /],
    ['thread', /LOG5\[\d+\]: /],
  ] as const)
    test(`logId = ${form}`, async (t) => {
      const daemon = await startDaemon(t, { config: clientSection('svc', { connect: 1, logId: form }) });
      await ending(startDial(t, await daemon.port('svc')));
      const line = await daemon.line('accepted connection');
      assert.match(line, id);
      if (form === 'process') assert.ok(line.includes(`[${daemon.pid}]`));
      await daemon.stop();
    });

  test('a pipe that nobody reads stops nothing', { skip: requires({ linux: true }) }, async (t) => {
    const upstream = await listenTls(t, {}, (socket) => socket.pipe(socket));
    const { port } = await listen(t);
    const head = DAEMON_HEAD + optionLines({ output: '@/log' });
    const folder = tempFolder(t);
    const text =
      head + clientSection('svc', { accept: `${folder}/socket`, connect: upstream.port }) + clientSection('other', { connect: port });
    const { conf } = writeFiles(folder, { conf: text.replaceAll('@/', `${folder}/`) });
    const child = spawn(join(BIN, 'overcoat'), ['run', conf], { stdio: ['ignore', 'ignore', 'pipe'] });
    t.after(() => void child.kill('SIGKILL')); // its standard error is never read here
    const logged = (): string => readFileSync(join(folder, 'log'), 'utf8');
    await eventually('it serves', () => logged().includes('Configuration successful'));
    const before = residentKilobytes(child.pid as number);
    const { connect } = await import('node:net');
    for (let count = 0; count < 1000; count += 1) {
      const socket = connect(`${folder}/socket`);
      socket.write('hello');
      assert.equal((await readExactly(socket, 5)).toString(), 'hello');
      socket.end();
      await ending(socket);
    }
    const bytes = Buffer.byteLength(logged());
    assert.ok(bytes > 400_000, `${bytes} bytes were logged: more than a pipe and what we keep for it can hold`);
    assert.ok(residentKilobytes(child.pid as number) - before < 200_000);
    child.kill('SIGTERM');
    await eventually('it ends', () => child.exitCode !== null || child.signalCode !== null);
    assert.equal(child.exitCode, 0);
  });
});

function residentKilobytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** Runs a daemon where /dev holds nothing but null and a log socket, and prints what comes there. */
const SYSLOG = `
import os, signal, socket, subprocess, sys, tempfile
def run(*words): subprocess.run(words, check=True)
folder = tempfile.mkdtemp()
run('mount', '-t', 'tmpfs', 'none', folder)
for name in ['null', 'urandom', 'random']:
    open(folder + '/' + name, 'w').close()
    run('mount', '--bind', '/dev/' + name, folder + '/' + name)
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(folder + '/log')
run('mount', '--rbind', folder, '/dev')
child = subprocess.Popen(sys.argv[1:])
receiver.settimeout(30)
while True:
    text = receiver.recv(4096).decode()
    print(text, flush=True)
    if 'Configuration successful' in text: child.send_signal(signal.SIGTERM)
    if 'Terminated' in text: break
print('exit code', child.wait())
run('umount', '-l', '/dev')
run('umount', '-l', folder)
os.rmdir(folder)
`;

suite('syslog', { skip: requires({ root: true, linux: true, commands: ['unshare', 'python3'] }) }, () => {
  for (const [what, head, facility, ident] of [
    ['as it is without any line', {}, 3, 'stunnel'],
    ['with a facility and a name', { debug: 'local3.notice', service: 'wrapper' }, 19, 'wrapper'],
  ] as const)
    test(`has the lines, ${what}`, async (t) => {
      const { conf } = writeFiles(tempFolder(t), { conf: optionLines({ foreground: 'quiet', ...head }) + CLIENT });
      const program = new Program(['unshare', '--mount', 'python3', '-c', SYSLOG, join(BIN, 'overcoat'), 'run', conf]);
      const { stdout, stderr } = await program.finished;
      assert.match(stdout, /exit code 0\n$/, stderr);
      assert.match(stdout, new RegExp(`^<${facility * 8 + 5}>.* ${ident}\\[\\d+\\]: LOG5\\[ui\\]: Configuration successful$`, 'm'));
      assert.match(
        stdout,
        new RegExp(`^<${facility * 8 + 4}>.* ${ident}\\[\\d+\\]: LOG4\\[ui\\]: Service \\[svc\\] needs authentication`, 'm'),
      );
    });
});

suite('an encrypted key', { skip: requires({ linux: true, packages: ['openssl'], commands: ['setsid'] }) }, () => {
  async function encryptedKey(t: TestContext): Promise<{ folder: string; key: string }> {
    const folder = tempFolder(t);
    const key = join(folder, 'encrypted.key');
    await outputOf(['openssl', 'pkey', '-in', keyFile, '-aes256', '-passout', 'pass:open sesame', '-out', key]);
    return { folder, key };
  }

  for (const foreground of ['yes', 'no'])
    test(`is asked for on the terminal, foreground = ${foreground}, and known at a reload`, async (t) => {
      const { folder, key } = await encryptedKey(t);
      const pair = openpty();
      assert.ok(typeof pair === 'object');
      const head = optionLines({ foreground, syslog: false, output: `${folder}/log`, pid: `${folder}/pid` });
      const { conf } = writeFiles(folder, {
        conf: head + serverSection('svc', { connect: 1, cert: certFile, key }),
      });
      const terminal = new ReadStream(pair.master);
      const child = spawn('setsid', ['-c', '-w', join(BIN, 'overcoat'), 'run', conf], { stdio: [pair.slave, pair.slave, pair.slave] });
      closeSync(pair.slave);
      let screen = '';
      let pid = 0;
      terminal.on('data', (bytes: Buffer) => {
        screen += bytes.toString();
      });
      terminal.on('error', () => undefined); // EIO: the last process has left the terminal
      t.after(() => {
        terminal.destroy();
        child.kill('SIGKILL');
        if (pid > 0) process.kill(pid, 'SIGKILL');
      });
      const write = (text: string): void => writeFileSync(pair.master, text);
      await eventually('it asks', () => screen.endsWith(`Enter PEM pass phrase for ${key}: `));
      write('wrong\r');
      await eventually('it asks again', () => screen.split('Enter PEM pass phrase').length === 3 && screen.endsWith(': '));
      write('open sesamX\u007fe\r');
      const log = (): string => readFileSync(join(folder, 'log'), 'utf8');
      await eventually('it serves', () => log().includes('Configuration successful'));
      assert.ok(!screen.includes('sesam'), 'nothing is echoed');
      await eventually('it has a pid', () => Number(readFileSync(join(folder, 'pid'), 'utf8')) > 0);
      pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
      process.kill(pid, 'SIGHUP');
      await eventually('it has reloaded', () => log().includes('Log file reopened'));
      process.kill(pid, 'SIGTERM');
      await eventually('it ends', () => log().endsWith('Terminated\n'));
      pid = 0;
    });

  test('without a terminal is an error that names it', async (t) => {
    const { key } = await encryptedKey(t);
    const { conf } = writeFiles(tempFolder(t), {
      conf: optionLines({ foreground: true, syslog: false }) + serverSection('svc', { connect: 1, cert: certFile, key }),
    });
    const program = new Program(['setsid', '-w', join(BIN, 'overcoat'), 'run', conf]);
    const { code, stderr } = await program.finished;
    assert.equal(code, 1);
    assert.match(stderr, /^overcoat: Service \[svc\]: .*encrypted\.key.*\n$/);
  });
});
