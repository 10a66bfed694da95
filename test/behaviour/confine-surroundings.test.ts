/** A fence beside everything else that a start may be asked for: logs that are moved, another library, a jail and another user, pipes for keys. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { authority, certificate } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { dial, echoServer } from '../support/net/tcp.ts';
import { dialTls, listenTls } from '../support/net/tls.ts';
import { ROOT } from '../support/overcoat/checkout.ts';
import { clientSection, optionLines, serverSection, verified } from '../support/overcoat/config-text.ts';
import { runDaemon, runOvercoat, startCommand, startDaemon, workersOf } from '../support/overcoat/daemon.ts';
import { assertFenced, echoes, noFence } from '../support/overcoat/fence-probes.ts';
import type { Place } from '../support/program.ts';
import { runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const NOBODY = 65_534;
/** An ordinary user. */
const nobody: Place = {
  name: 'nobody',
  enter: (argv) => ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', ...argv],
  otherUser: true,
};
/** As a unit with `SystemCallFilter=~@privileged` starts it: capset(2) is answered with EPERM. */
const withoutCapset: Place = {
  name: 'behind a filter that refuses capset',
  enter: ([program = '', ...args]) => [
    process.execPath,
    '--no-warnings',
    '--input-type=module',
    '--eval',
    `import { forbidNewPrivileges, seccompFilter } from ${JSON.stringify(pathToFileURL(join(ROOT, 'src/linux/libc/rights.ts')).href)};
    const [seccomp, capset] = process.arch === 'x64' ? [317, 126] : [277, 91];
    const program = [[0x20, 0, 0, 0], [0x15, 0, 1, capset], [0x06, 0, 0, 0x50001], [0x06, 0, 0, 0x7fff0000]];
    const words = program.flatMap(([code, yes, no, value]) => [code | (yes << 16) | (no << 24), value]);
    forbidNewPrivileges();
    if (seccompFilter(seccomp, new Uint8Array(new Uint32Array(words).buffer)) !== 0) throw new Error('no filter');
    process.execve(process.argv[1], process.argv.slice(1));`,
    program,
    ...args,
  ],
};
const LIBSSL = ['/usr/lib/x86_64-linux-gnu/libssl.so.3', '/usr/lib/aarch64-linux-gnu/libssl.so.3'].find((path) => existsSync(path));

suite('a fence', { skip: noFence }, () => {
  test('holds no log back: one that was moved away is opened again, and a reload may name another folder', async (t) => {
    const [here, there] = [tempFolder(t), tempFolder(t)];
    mkdirSync(join(there, 'later'));
    for (const folder of [here, there, join(there, 'later')]) chmodSync(folder, 0o777);
    const upstream = await listenTls(t, {}, (socket) => void socket.pipe(socket));
    const options = { confine: 'strict', output: join(here, 'log'), control: '@/control', setuid: NOBODY, setgid: NOBODY };
    const daemon = await startDaemon(t, { config: optionLines(options) + clientSection('svc', { connect: upstream.port }) });
    const text = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');
    const port = await daemon.port('svc');
    renameSync(join(here, 'log'), join(here, 'log.1'));
    daemon.signal('SIGUSR1');
    await eventually('it is opened again', () => text(join(here, 'log')).includes('Log file reopened'));
    await echoes(await dial(t, port), 'after that');
    await eventually('and goes on', () => text(join(here, 'log')).includes('Connection closed'));
    const changed = readFileSync(daemon.configFile, 'utf8').replace(join(here, 'log'), join(there, 'later', 'log'));
    writeFileSync(daemon.configFile, changed);
    chmodSync(daemon.folder, 0o755);
    chmodSync(daemon.configFile, 0o644);
    daemon.signal('SIGHUP');
    await eventually('another log is written', () => text(join(there, 'later', 'log')).includes('Reloaded in'));
    await echoes(await dial(t, port), 'after the reload');
    await eventually('and goes on there', () => text(join(there, 'later', 'log')).includes('Connection closed'));
    await daemon.stop({ holding: true });
  });

  test('is around a library of the distribution', { skip: LIBSSL === undefined && 'no libssl.so.3' }, async (t) => {
    const env = { OVERCOAT_OPENSSL: LIBSSL };
    const upstream = await echoServer(t);
    const head = optionLines({ confine: 'strict' });
    const server = await startDaemon(t, { config: head + serverSection('srv', { connect: upstream.port }), env });
    const far = await server.port('srv');
    const client = await startDaemon(t, { config: head + clientSection('cli', { connect: far, ...verified() }), env });
    await echoes(await dial(t, await client.port('cli')), 'in workers');
    const trust = ['--ca', authority().certFile, '--sni', 'localhost', '--debug', '7'];
    const command = await startCommand(t, ['client', '127.0.0.1:0', `127.0.0.1:${far}`, ...trust], { env });
    await echoes(await dial(t, await command.port('client')), 'in one process');
    assertFenced(command.pid);
    await command.stop();
    await client.stop();
    await server.stop();
  });

  for (const own of [false, true])
    test(`lets a file of host names be read, and the one that takes its place, ${own ? 'in a folder of its own' : 'by new workers'}`, async (t) => {
      const upstream = await listenTls(t, {}, (socket) => void socket.pipe(socket));
      const options = { sni: 'auto', nameSources: 'hosts', nameMissing: 'refuse', hostsFile: '@/names/hosts', ...verified() };
      // an address of this machine that is no loopback address, which hosts(5) gives no name to
      const config =
        optionLines({ confine: true }) + clientSection('svc', { connect: `0.0.0.0:${upstream.port}`, ...options, checkHost: undefined });
      const files = { 'names/hosts': '0.0.0.0 localhost\n', ...(own ? {} : { 'names/more/file': '' }) };
      const daemon = await startDaemon(t, { config, files });
      const port = await daemon.port('svc');
      await echoes(await dial(t, port), 'by its name');
      const next = join(daemon.folder, 'names/next');
      writeFileSync(next, '0.0.0.0 other.test\n');
      renameSync(next, join(daemon.folder, 'names/hosts'));
      if (!own) await daemon.line('confine: a file that is read while clients are served is another one now: new workers take the places');
      (await dial(t, port)).resume();
      await daemon.line(/the certificate of the server is for localhost.*, not for other\.test/);
      assert.equal(
        daemon.lines.some((line) => line.includes('new workers take the places')),
        !own,
      );
      await daemon.stop();
    });

  test('is around four workers in a jail, as another user', async (t) => {
    const jail = tempFolder(t);
    chmodSync(jail, 0o755);
    const upstream = await echoServer(t);
    const options = { confine: 'strict', workers: 4, chroot: jail, setuid: NOBODY, setgid: NOBODY, control: '@/control' };
    const daemon = await startDaemon(t, { config: optionLines(options) + serverSection('svc', { connect: upstream.port }) });
    await daemon.line('A spare worker is ready');
    const workers = workersOf(daemon.pid);
    assert.ok(workers.length >= 5, `${workers.length} processes`);
    const fenced = workers.filter((pid) => /^Seccomp:\t2$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')));
    assert.ok(fenced.length >= 5, 'all but the reader, which no network reaches');
    for (const pid of fenced) assertFenced(pid);
    const port = await daemon.port('svc');
    for (let count = 0; count < 8; count += 1) await echoes(await dialTls(t, port, { rejectUnauthorized: false }), `client ${count}`);
    process.kill(fenced[0] as number, 'SIGKILL');
    await daemon.line(/replaced after|cannot be replaced/);
    for (let count = 0; count < 8; count += 1) await echoes(await dialTls(t, port, { rejectUnauthorized: false }), `client ${count}`);
    await daemon.stop({ holding: true });
  });

  test('hides the memory of every process from other programs of its user', { skip: requires({ commands: ['setpriv'] }) }, async (t) => {
    const config = optionLines({ confine: true }) + clientSection('svc', { connect: 1 });
    const daemon = await startDaemon(t, { config, place: nobody });
    await daemon.line('A spare worker is ready');
    const workers = workersOf(daemon.pid);
    assert.equal(workers.length, 2);
    for (const pid of [daemon.pid, ...workers]) {
      const { code, stderr } = await runProgram(['cat', `/proc/${pid}/environ`], { place: nobody });
      assert.equal(code, 1);
      assert.match(stderr, /Permission denied/);
    }
    await daemon.stop();
  });

  test('goes on where a filter refuses to let capabilities go, which is said, and is refused where it is strict', async (t) => {
    const upstream = await listenTls(t, {}, (socket) => void socket.pipe(socket));
    const config = (confine: string): string => optionLines({ confine }) + clientSection('svc', { connect: upstream.port });
    const daemon = await startDaemon(t, { config: config('yes'), place: withoutCapset });
    await daemon.line(/LOG4.*confine: not fenced here: capset: capabilities \(refused by a filter around this process: .*; the rest is$/);
    await echoes(await dial(t, await daemon.port('svc')), 'served');
    for (const pid of workersOf(daemon.pid)) assertFenced(pid);
    await daemon.stop();
    const args = [
      'client',
      '127.0.0.1:0',
      `127.0.0.1:${upstream.port}`,
      '--ca',
      authority().certFile,
      '--sni',
      'localhost',
      '--debug',
      '7',
    ];
    const command = await startCommand(t, args, { place: withoutCapset });
    await command.line(/LOG4.*confine: not fenced here: capset: capabilities/);
    await echoes(await dial(t, await command.port('client')), 'in one process');
    await command.stop();
    const { code, stderr } = await runDaemon(t, { config: config('strict'), place: withoutCapset });
    assert.equal(code, 1);
    assert.match(stderr, /confine = strict: not to be had here: capset: capabilities .*; say confine = yes, or see to it \(/);
  });

  test('takes keys from pipes, which are read once: that is said, and nothing is missed afterwards', async (t) => {
    const upstream = await echoServer(t);
    const { certFile, keyFile } = certificate('server');
    const shell = (argv: readonly string[]): string[] => [
      'bash',
      '-c',
      `exec ${argv.map((word) => `'${word}'`).join(' ')} --cert <(cat '${certFile}') --key <(cat '${keyFile}')`,
    ];
    const args = ['server', '127.0.0.1:0', `127.0.0.1:${upstream.port}`, '--debug', '7'];
    const control = join(tempFolder(t), 'control');
    const daemon = await startCommand(t, [...args, '--control', control], { place: { name: 'a shell', enter: shell } });
    for (const _ of ['cert', 'key'])
      await daemon.line(/Service \[server\]: \/dev\/fd\/\d+ is a pipe, which can be read once: it is not renewed/);
    await echoes(await dialTls(t, await daemon.port('server'), { rejectUnauthorized: false }), 'served');
    assert.equal(daemon.lines.filter((line) => line.includes('which can be read once')).length, 2);
    const { code, stderr } = await runOvercoat(['reload', '--control', control]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /--cert \/dev\/fd\/\d+: the pipe is empty; it can be read once: a reload needs a file\novercoat: Not reloaded: .+\n$/,
    );
    await daemon.stop();
  });
});
