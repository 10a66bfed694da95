/**
 * The single executable as `npm run package` makes it: every entry starts from the one file, whatever it is called and wherever it
 * runs. That two builds are equal is shown by test/release/package.test.ts.
 */
// Tests: src/embedded.ts, src/cli/launcher.ts
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { before, suite, test } from 'node:test';
import { overcoatVersion } from '../../src/self.ts';
import { installedMachine } from '../../tools/package/machines.ts';
import { writeSingle } from '../../tools/package/single.ts';
import { collect, echoServer, pattern, readExactly } from '../support/net/tcp.ts';
import { dialTls } from '../support/net/tls.ts';
import { optionLines, serverSection } from '../support/overcoat/config-text.ts';
import { outputOf, Program, runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const VERSION = new RegExp(`^overcoat ${overcoatVersion()} `);

suite('the single executable', {
  skip: process.arch === 'x64' ? requires({ linux: true, commands: ['strip'] }) : 'needs an x64 machine',
}, () => {
  const end = suiteEnd();
  let folder: string;
  const overcoat = (): string => join(folder, 'overcoat');
  before(async () => {
    folder = tempFolder(end);
    await writeSingle(installedMachine(), overcoat());
    for (const name of ['overcoat-stunnel', 'stunnel', 'stunnel4', 'other']) symlinkSync('overcoat', join(folder, name));
  });

  test('knows its version, and whom it is called after', async () => {
    assert.match(await outputOf([overcoat(), '--version']), VERSION);
    assert.match(await outputOf([join(folder, 'other'), '--version']), VERSION);
    for (const name of ['overcoat-stunnel', 'stunnel', 'stunnel4']) {
      const { stdout, stderr, code } = await runProgram([join(folder, name), '-version']);
      assert.match(stdout + stderr, /^stunnel \S+ Overcoat /);
      assert.equal(code, 0);
    }
  });

  test('takes no option of its runtime from its caller', async () => {
    const env = { ...process.env, NODE_OPTIONS: '--no-such-option' };
    assert.match(await outputOf([overcoat(), '--version'], { env }), VERSION);
    const { code, stderr } = await runProgram([overcoat(), '--inspect']);
    assert.deepEqual([code, stderr.includes('is not a command')], [2, true]);
  });

  test('exports what it needs of the TLS library', async () => {
    const symbols = await outputOf(['nm', '--dynamic', '--defined-only', overcoat()]);
    for (const name of ['SSL_do_handshake', 'X509_verify_cert', 'uv_poll_start']) assert.match(symbols, new RegExp(` T ${name}\\b`));
  });

  test('serves with several workers in an empty folder, in the background, as another user', {
    skip: requires({ root: true, linux: true }),
  }, async (t) => {
    const backend = await echoServer(t);
    const place = tempFolder(t);
    const jail = join(place, 'jail');
    mkdirSync(jail);
    chmodSync(jail, 0o777);
    const { conf } = writeFiles(place, {
      conf:
        optionLines({ debug: 7, workers: 2, chroot: jail, setuid: 'nobody', output: '/log', pid: '/pid' }) +
        serverSection('svc', { connect: backend.port }),
    });
    await outputOf([join(folder, 'stunnel4'), conf]);
    const pid = Number(readFileSync(join(jail, 'pid'), 'utf8'));
    t.after(() => process.kill(pid, 'SIGKILL'));
    assert.equal(readFileSync(`/proc/${pid}/comm`, 'utf8'), 'stunnel4\n');
    const [, port] = /Service \[svc\] bound to 127\.0\.0\.1:(\d+)/.exec(readFileSync(join(jail, 'log'), 'utf8')) ?? [];
    await echoes(t, Number(port));
    assert.doesNotMatch(readFileSync(join(jail, 'log'), 'utf8'), /INTERNAL ERROR/);
  });

  test('serves from a system that is read-only, without a home and without a folder for temporary files', {
    skip: requires({ root: true, linux: true, commands: ['unshare'] }),
  }, async (t) => {
    const backend = await echoServer(t);
    const { conf } = writeFiles(tempFolder(t), {
      conf: optionLines({ foreground: true, debug: 7, pid: '', workers: 2 }) + serverSection('svc', { connect: backend.port }),
    });
    const script = 'mount --make-rprivate / && mount -o remount,bind,ro / && ! touch "$1.new" && exec env -i "$0" run "$1"';
    const daemon = new Program(['unshare', '--mount', 'sh', '-c', script, overcoat(), conf]);
    t.after(() => daemon.kill('SIGKILL'));
    const [, port] = await daemon.saw(/Service \[svc\] bound to 127\.0\.0\.1:(\d+)/);
    await daemon.saw(/Configuration successful/);
    await echoes(t, Number(port));
  });

  test('starts workers from the running file, whatever has taken its place', { skip: requires({ linux: true }) }, async (t) => {
    const backend = await echoServer(t);
    const place = tempFolder(t);
    const copy = join(place, 'overcoat');
    copyFileSync(overcoat(), copy);
    const { conf } = writeFiles(place, {
      conf: optionLines({ foreground: true, debug: 7, pid: '', workers: 2 }) + serverSection('svc', { connect: backend.port }),
    });
    const daemon = new Program([copy, 'run', conf]);
    t.after(() => daemon.kill('SIGKILL'));
    const [, port] = await daemon.saw(/Service \[svc\] bound to 127\.0\.0\.1:(\d+)/);
    await daemon.saw(/Configuration successful/);
    rmSync(copy);
    writeFiles(place, { overcoat: '#!/bin/sh\nexit 1\n' });
    const [worker] = (await outputOf(['pgrep', '-P', String(daemon.pid)])).split('\n');
    process.kill(Number(worker), 'SIGKILL');
    await daemon.saw(/worker.*(?:ended|SIGKILL)/i);
    await echoes(t, Number(port));
  });

  test('starts programs on a terminal, which may be sent every signal', { skip: requires({ linux: true }) }, async (t) => {
    const place = tempFolder(t);
    const { conf } = writeFiles(place, {
      script: 'tty; grep SigBlk /proc/self/status',
      conf:
        optionLines({ foreground: true, debug: 7, pid: '' }) +
        serverSection('run', { exec: '/bin/sh', execArgs: `sh ${join(place, 'script')}`, pty: true }),
    });
    const daemon = new Program([overcoat(), 'run', conf]);
    t.after(() => daemon.kill('SIGKILL'));
    const [, port] = await daemon.saw(/Service \[run\] bound to 127\.0\.0\.1:(\d+)/);
    const said = (await collect(await dialTls(t, Number(port), { rejectUnauthorized: false }))).toString();
    assert.match(said, /^\/dev\/pts\/\d+\r?\nSigBlk:\t0{16}\r?\n$/);
  });

  test('wraps a command, which keeps its environment, and ends as it ended', { skip: requires({ netns: true }) }, async () => {
    const env = { ...process.env, NODE_OPTIONS: '--no-deprecation' };
    const script = 'grep SigBlk /proc/self/status; echo $NODE_OPTIONS; env | grep -cE "^OVERCOAT_(CALLER|IGNORED|STARTED)"; exit 3';
    const { code, stdout } = await runProgram([overcoat(), 'exec', '--', 'sh', '-c', script], { env });
    assert.deepEqual([code, stdout], [3, 'SigBlk:\t0000000000000000\n--no-deprecation\n0\n']);
  });

  test('shows the demonstration', async () => {
    assert.match(await outputOf([overcoat(), 'demo']), /Everything arrived unchanged\.\n$/);
  });
});

async function echoes(t: TestContext, port: number): Promise<void> {
  for (const seed of [1, 2, 3, 4]) {
    const socket = await dialTls(t, port, { rejectUnauthorized: false });
    const bytes = pattern(seed);
    socket.write(bytes);
    assert.ok((await readExactly(socket, bytes.length)).equals(bytes));
    socket.destroy();
  }
}
