/** `foreground = no`: the caller gets its prompt back only when the daemon serves, and the daemon belongs to nobody's terminal. */
// Tests: src/daemon/process/detach.ts, src/daemon/process/start-folder.ts
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { certificate } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { echoesOverTls } from '../support/net/echoes.ts';
import { closedPort, echoServer, ending, listen } from '../support/net/tcp.ts';
import { BIN } from '../support/overcoat/checkout.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { optionLines, serverSection } from '../support/overcoat/config-text.ts';
import { Program, runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

interface Background {
  readonly folder: string;
  readonly config: string;
  readonly port: number;
  /** Of the running daemon. */
  pid(): number;
  log(): string;
}

/** A configuration for the background, with further global options; the daemon it starts is killed with the test. */
async function configure(t: TestContext, options: Options = {}): Promise<Background> {
  let pidFile = '';
  t.after(() => {
    if (existsSync(pidFile)) process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL');
  });
  const folder = tempFolder(t);
  pidFile = join(folder, 'pid');
  const config = join(folder, 'overcoat.conf');
  const port = await closedPort();
  const backend = await echoServer(t);
  const head = optionLines({ syslog: false, debug: 7, pid: `${folder}/pid`, output: `${folder}/log`, ...options });
  writeFileSync(config, head + serverSection('svc', { accept: port, connect: backend.port }));
  const pid = (): number => Number(readFileSync(pidFile, 'utf8'));
  return { folder, config, port, pid, log: () => readFileSync(join(folder, 'log'), 'utf8') };
}

async function stop(background: Background): Promise<void> {
  const pid = background.pid();
  process.kill(pid, 'SIGTERM');
  await eventually('the daemon is gone', () => !existsSync(`/proc/${pid}`));
  assert.equal(existsSync(join(background.folder, 'pid')), false, 'the pid file is removed');
  assert.match(background.log(), /LOG5\[main\]: Terminated\n/);
  assert.doesNotMatch(background.log(), /INTERNAL ERROR/);
}

suite('in the background', { skip: requires({ linux: true }) }, () => {
  for (const launcher of [['overcoat', 'run'], ['overcoat-stunnel']])
    test(`${launcher.join(' ')} ends with 0 when the daemon serves`, async (t) => {
      const background = await configure(t);
      const [program = '', ...words] = launcher;
      const { code, stdout, stderr } = await runProgram([join(BIN, program), ...words, background.config]);
      assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '', stderr: '' });
      await echoesOverTls(t, background.port); // no waiting: it serves already
      await stop(background);
    });

  test('it has a session of its own, no terminal, no files of the caller, and lives in /', async (t) => {
    const background = await configure(t);
    await runProgram([join(BIN, 'overcoat'), 'run', background.config], { cwd: background.folder });
    const pid = background.pid();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    const [, parent, , session, terminal] = stat;
    assert.equal(session, String(pid));
    assert.equal(terminal, '0');
    assert.notEqual(parent, String(process.pid));
    for (const fd of [0, 1, 2]) assert.equal(readlinkSync(`/proc/${pid}/fd/${fd}`), '/dev/null');
    assert.equal(readlinkSync(`/proc/${pid}/cwd`), '/');
    await stop(background);
  });

  test('a pipe behind the caller closes when it ends', async (t) => {
    const background = await configure(t);
    const { code } = await runProgram(['sh', '-c', '"$0" run "$1" 2>&1 | cat', join(BIN, 'overcoat'), background.config]);
    assert.equal(code, 0);
    await stop(background);
  });

  test("a start that fails is the caller's failure, and nothing stays", async (t) => {
    const background = await configure(t);
    const holder = await listen(t);
    writeFileSync(background.config, readFileSync(background.config, 'utf8').replace(String(background.port), String(holder.port)));
    const { code, stderr } = await runProgram([join(BIN, 'overcoat'), 'run', background.config]);
    assert.equal(code, 1);
    assert.match(stderr, /^overcoat: Service \[svc\] cannot listen on 127\.0\.0\.1:\d+: Address already in use \(98\).*\n$/);
    assert.equal(existsSync(join(background.folder, 'pid')), false);
  });

  test('a pid file that cannot be written is a failure of the start', async (t) => {
    const background = await configure(t);
    writeFileSync(background.config, readFileSync(background.config, 'utf8').replace('/pid\n', '/none/pid\n'));
    const { code, stderr } = await runProgram([join(BIN, 'overcoat-stunnel'), background.config]);
    assert.equal(code, 1);
    assert.match(stderr, /^\[!\] Cannot create pid file .*none\/pid: No such file or directory \(2\)/m);
    assert.equal(await ending(connect(background.port, '127.0.0.1')), 'ECONNREFUSED');
  });

  test('the configuration may come from a descriptor', async (t) => {
    const background = await configure(t);
    const { code, stderr } = await runProgram(['sh', '-c', 'cat "$1" | "$0" -fd 0', join(BIN, 'overcoat-stunnel'), background.config]);
    assert.equal(stderr, '');
    assert.equal(code, 0);
    await echoesOverTls(t, background.port);
    process.kill(background.pid(), 'SIGHUP');
    await eventually('it reloads what it was given', () => background.log().includes('Log file reopened\n'));
    await echoesOverTls(t, background.port);
    await stop(background);
  });

  test('relative paths mean the folder of the call, also at a reload', async (t) => {
    const background = await configure(t);
    const { certFile } = certificate('server');
    const folder = join(certFile, '..');
    writeFileSync(background.config, readFileSync(background.config, 'utf8').replaceAll(`${folder}/`, ''));
    assert.equal((await runProgram([join(BIN, 'overcoat'), 'run', background.config], { cwd: folder })).code, 0);
    process.kill(background.pid(), 'SIGHUP');
    await eventually('the reload succeeds', () => background.log().includes('Log file reopened\n'));
    assert.equal(readlinkSync(`/proc/${background.pid()}/cwd`), '/');
    await stop(background);
  });

  for (const workers of [1, 2])
    test(`an empty folder for chroot is enough, with ${workers} worker(s)`, { skip: requires({ root: true }) }, async (t) => {
      const jail = join(tempFolder(t), 'jail');
      mkdirSync(jail);
      const background = await configure(t, { workers, chroot: jail, output: '/log', pid: '/pid' });
      const { code, stdout, stderr } = await runProgram([join(BIN, 'overcoat'), 'run', background.config]);
      assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '', stderr: '' });
      const pid = Number(readFileSync(join(jail, 'pid'), 'utf8'));
      t.after(() => existsSync(`/proc/${pid}`) && process.kill(pid, 'SIGKILL'));
      await echoesOverTls(t, background.port);
      for (const fd of [0, 1, 2]) assert.equal(readlinkSync(`/proc/${pid}/fd/${fd}`), '/dev/null');
      process.kill(pid, 'SIGTERM');
      await eventually('the daemon is gone', () => !existsSync(`/proc/${pid}`));
      assert.deepEqual(readdirSync(jail), ['log'], 'nothing was made there but the log');
      assert.doesNotMatch(readFileSync(join(jail, 'log'), 'utf8'), /INTERNAL ERROR/);
    });
});

suite('the log of a daemon in the background, on what its caller gave', { skip: requires({ linux: true }) }, () => {
  /** Runs a program whose two streams go to files; the daemon it leaves behind is stopped at the end. */
  async function startWith(
    t: TestContext,
    argv: readonly string[],
    output: string,
    globals: Options = {},
  ): Promise<{ streams: () => string[]; pid: number }> {
    const background = await configure(t, { ...globals, output });
    const files = ['out', 'err'].map((name) => join(background.folder, name));
    const redirected = ['sh', '-c', 'exec "$@" >"$OUT" 2>"$ERR"', 'sh', ...argv, background.config];
    const [OUT, ERR] = files;
    const { code } = await runProgram(redirected, { env: { ...process.env, OUT, ERR } });
    assert.equal(code, 0, files.map((file) => readFileSync(file, 'utf8')).join('\n'));
    await echoesOverTls(t, background.port);
    return { pid: background.pid(), streams: () => files.map((file) => readFileSync(file, 'utf8')) };
  }

  const STARTS = [
    { name: 'overcoat', argv: [join(BIN, 'overcoat'), 'run'], skip: false },
    { name: 'overcoat-stunnel', argv: [join(BIN, 'overcoat-stunnel')], skip: false },
    { name: 'stunnel', argv: ['stunnel4'], skip: requires({ commands: ['stunnel4'] }) },
  ] as const;
  for (const { name, argv, skip } of STARTS)
    for (const [output, at] of [
      ['/dev/stdout', 0],
      ['/dev/stderr', 1],
    ] as const)
      test(`${name}: ${output} goes on after the start`, { skip }, async (t) => {
        const { streams, pid } = await startWith(t, argv, output);
        await eventually('the connection is in the log', () => /Service \[svc\] accepted connection/.test(streams()[at] ?? ''));
        process.kill(pid, 'SIGTERM');
        await eventually('the end is in the log', () => /LOG5\[main\]: Terminated|LOG5\[ui\]: Terminated/.test(streams()[at] ?? ''));
        if (name !== 'stunnel') assert.equal(streams()[1 - at], '', 'and nowhere else');
      });

  test('also after the log was reopened, by its path in /proc, and by another user in a jail', {
    skip: requires({ root: true }),
  }, async (t) => {
    const jail = tempFolder(t);
    chmodSync(jail, 0o777);
    const output = '/proc/self/fd/1';
    const background = await configure(t, { chroot: jail, setuid: 'nobody', setgid: 'nogroup', output, pid: '/pid' });
    // The reader of a pipe sees lines until the daemon ends, and then its end.
    const reader = new Program(['sh', '-c', '"$0" run "$1"', join(BIN, 'overcoat'), background.config]);
    await eventually('it has written its pid', () => existsSync(join(jail, 'pid')));
    const pid = Number(readFileSync(join(jail, 'pid'), 'utf8'));
    t.after(() => existsSync(`/proc/${pid}`) && process.kill(pid, 'SIGKILL'));
    await reader.saw(/Configuration successful/);
    await eventually('it serves', () => readlinkSync(`/proc/${pid}/fd/2`) === '/dev/null');
    process.kill(pid, 'SIGUSR1');
    await reader.saw(/Log file reopened/);
    await echoesOverTls(t, background.port);
    await reader.saw(/accepted connection/);
    process.kill(pid, 'SIGTERM');
    const { stderr } = await reader.finished;
    assert.equal(stderr, '');
    await reader.saw(/Terminated/);
  });
});
