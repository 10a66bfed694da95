/** What is left of root when the daemon serves: nothing that was to be given up, in any of its threads, and no file outside of its jail. */
// Tests: src/daemon/process/confine.ts, src/daemon/process/jail.ts, src/daemon/process/preload.ts, src/daemon/process/privileges.ts
// Tests: src/linux/process/user-name.ts
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { certificate } from '../support/data/certificates.ts';
import { echoesOverTls } from '../support/net/echoes.ts';
import { echoServer } from '../support/net/tcp.ts';
import { ROOT } from '../support/overcoat/checkout.ts';
import { optionLines, serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { DAEMON_HEAD, startDaemon } from '../support/overcoat/daemon.ts';
import { Program } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const NOBODY = 65534;

/** A field of /proc/PID/status for every thread of a process. */
function statusOf(pid: number, field: string): string[] {
  const lines = readdirSync(`/proc/${pid}/task`).map((task) => readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8'));
  const values = lines.map((text) => new RegExp(`^${field}:[ \\t]*(.*?)[ \\t]*$`, 'm').exec(text)?.[1] ?? '');
  return [...new Set(values)];
}

async function section(t: TestContext): Promise<string> {
  const backend = await echoServer(t);
  return serverSection('svc', { connect: backend.port });
}

suite('privileges', { skip: requires({ root: true, linux: true }) }, () => {
  test('setuid and setgid leave nothing of root in any thread', async (t) => {
    const daemon = await startDaemon(t, { config: optionLines({ setuid: 'nobody', setgid: NOBODY }) + (await section(t)) });
    await echoesOverTls(t, await daemon.port('svc'));
    const id = Array.from({ length: 4 }, () => NOBODY).join('\t');
    assert.deepEqual(statusOf(daemon.pid, 'Uid'), [id]);
    assert.deepEqual(statusOf(daemon.pid, 'Gid'), [id]);
    assert.deepEqual(statusOf(daemon.pid, 'Groups'), [String(NOBODY)]);
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb']) assert.deepEqual(statusOf(daemon.pid, set), ['0000000000000000'], set);
    assert.match(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'), /^NoNewPrivs:\t1$/m);
    await daemon.stop();
  });

  test('setuid alone clears the supplementary groups and warns about the group', async (t) => {
    const daemon = await startDaemon(t, { config: optionLines({ setuid: NOBODY }) + (await section(t)) });
    assert.deepEqual(statusOf(daemon.pid, 'Groups'), ['']);
    await daemon.line('LOG4[ui]: "setuid" without "setgid": the process keeps the group root');
    await daemon.stop();
  });

  test('keys are read as root, ports are bound as root, and the log is opened as the user', async (t) => {
    const folder = tempFolder(t);
    chmodSync(folder, 0o777);
    const daemon = await startDaemon(t, {
      config: optionLines({ output: `${folder}/log`, pid: `${folder}/pid`, setuid: NOBODY, setgid: NOBODY }) + (await section(t)),
    });
    await echoesOverTls(t, await daemon.port('svc'));
    assert.equal(Number(readFileSync(join(folder, 'pid'), 'utf8')), daemon.pid);
    daemon.signal('SIGUSR1');
    await daemon.line('Log file reopened');
    await daemon.stop();
    assert.equal(existsSync(join(folder, 'pid')), false);
  });

  test('a reload that may not read a key names the user and the file, and the old key serves on', async (t) => {
    const folder = tempFolder(t);
    const { certFile, keyFile } = certificate('server');
    const key = join(folder, 'root.key');
    copyFileSync(keyFile, key);
    chmodSync(key, 0o600);
    const backend = await echoServer(t);
    const config = serverSection('svc', { connect: backend.port, cert: certFile, key });
    const daemon = await startDaemon(t, { config: optionLines({ setuid: 'nobody', setgid: NOBODY }) + config });
    daemon.signal('SIGHUP');
    const line = await daemon.line(/LOG3\[main\]: Service \[svc\]: key = /);
    assert.ok(line.includes(`key = ${key}: Permission denied; let user nobody (uid ${NOBODY}) read it`), line);
    await daemon.line('Failed to reload the configuration file');
    await echoesOverTls(t, await daemon.port('svc'));
    await daemon.stop();
  });

  test('a program of a service may be setuid, so the door stays open for it', async (t) => {
    const config = optionLines({ setuid: NOBODY, setgid: NOBODY }) + serverSection('svc', { exec: '/bin/cat' });
    const daemon = await startDaemon(t, { config });
    await echoesOverTls(t, await daemon.port('svc'));
    assert.match(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'), /^NoNewPrivs:\t0$/m);
    await daemon.stop();
  });
});

suite('an installation that the user may not read', { skip: requires({ root: true, linux: true, checkout: true }) }, () => {
  test('serves and reloads all the same', async (t) => {
    const folder = tempFolder(t);
    const hidden = join(folder, 'hidden');
    for (const name of ['bin', 'src', 'package.json']) cpSync(join(ROOT, name), join(hidden, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(hidden, 'node_modules'));
    chmodSync(hidden, 0o700);
    const config = join(folder, 'overcoat.conf');
    const { certFile, keyFile } = certificate('server');
    const keys = [certFile, keyFile].map((file) => join(folder, basename(file)));
    for (const [index, file] of [certFile, keyFile].entries()) {
      copyFileSync(file, keys[index] as string);
      chownSync(keys[index] as string, NOBODY, NOBODY);
    }
    const backend = await echoServer(t);
    const head = DAEMON_HEAD + optionLines({ setuid: NOBODY, setgid: NOBODY });
    writeFileSync(config, head + serverSection('svc', { connect: backend.port, cert: keys[0], key: keys[1] }));
    const program = new Program([join(hidden, 'bin/overcoat'), 'run', config]);
    t.after(() => program.kill('SIGKILL'));
    const bound = await program.saw(/Service \[svc\] bound to 127\.0\.0\.1:(\d+)/);
    await echoesOverTls(t, Number(bound[1]));
    program.kill('SIGUSR1');
    await program.saw(/LOG5\[main\]: Log file reopened/);
    program.kill('SIGHUP');
    await program.saw(/LOG5\[main\]: Configuration successful/);
    await echoesOverTls(t, Number(bound[1]));
    const { code, stderr } = await program.stop();
    assert.equal(code, 0);
    assert.doesNotMatch(stderr, /INTERNAL|Cannot find/);
  });
});

suite('chroot', { skip: requires({ root: true, linux: true }) }, () => {
  /** A daemon inside `FOLDER/jail`, where its log and pid file are. */
  async function jailed(t: TestContext): Promise<{ daemon: Daemon; jail: string }> {
    const jail = join(tempFolder(t), 'jail');
    mkdirSync(join(jail, 'run'), { recursive: true });
    chownSync(join(jail, 'run'), NOBODY, NOBODY);
    const daemon = await startDaemon(t, {
      config: optionLines({ chroot: jail, setuid: NOBODY, setgid: NOBODY, output: '/run/log', pid: '/run/pid' }) + (await section(t)),
    });
    return { daemon, jail };
  }

  test('paths are inside, and it serves without anything in there', async (t) => {
    const { daemon, jail } = await jailed(t);
    await echoesOverTls(t, await daemon.port('svc'));
    assert.equal(readlinkSync(`/proc/${daemon.pid}/root`), jail);
    assert.equal(readlinkSync(`/proc/${daemon.pid}/cwd`), jail);
    assert.equal(Number(readFileSync(join(jail, 'run/pid'), 'utf8')), daemon.pid);
    assert.match(readFileSync(join(jail, 'run/log'), 'utf8'), /Configuration successful/);
    daemon.signal('SIGUSR2');
    await daemon.line('Listed 0 active connection(s)');
    await daemon.stop();
    assert.equal(existsSync(join(jail, 'run/pid')), false);
  });

  test('a reload reads inside: what is missing there keeps the old configuration, what is there is taken', async (t) => {
    const { daemon, jail } = await jailed(t);
    daemon.signal('SIGHUP');
    await daemon.line('LOG3[main]: Failed to reload the configuration file');
    const copy = (path: string): void => {
      mkdirSync(join(jail, path, '..'), { recursive: true });
      copyFileSync(path, join(jail, path));
      chownSync(join(jail, path), NOBODY, NOBODY);
    };
    for (const path of [daemon.configFile, certificate('server').certFile, certificate('server').keyFile]) copy(path);
    const inside = join(jail, daemon.configFile);
    writeFileSync(inside, readFileSync(inside, 'utf8').replace(/^chroot.*\n/m, ''));
    const from = daemon.lines.length;
    daemon.signal('SIGHUP');
    await daemon.line('Log file reopened', { from });
    await echoesOverTls(t, await daemon.port('svc'));
    await daemon.stop();
  });
});
