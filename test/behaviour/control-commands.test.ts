/** The commands that ask a running process: status, connections, end, drain, reload, log and top. */
// Tests: src/cli/control/ask.ts, src/cli/control/find.ts, src/cli/commands/status.ts, src/cli/commands/connections.ts, src/cli/commands/orders.ts
// Tests: src/cli/commands/top.ts, src/cli/control/top-keys.ts, src/cli/watch-choice.ts, src/cli/tables/
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { closedPort, dial, ending } from '../support/net/tcp.ts';
import { listenTls } from '../support/net/tls.ts';
import { clientSection } from '../support/overcoat/config-text.ts';
import { ROOT, runOvercoat, startCommand, startDaemon } from '../support/overcoat/daemon.ts';
import { Program } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

/** As docs/observe.md says. */
const MAX_STREAMS = 16;

/** A daemon, and where the commands find it: in a folder of the test's own. */
async function start(t: TestContext, args: readonly string[] = []) {
  const upstream = await listenTls(t, {}, (socket) => void socket.pipe(socket));
  const env = { RUNTIME_DIRECTORY: tempFolder(t), XDG_RUNTIME_DIR: tempFolder(t) };
  const daemon = await startDaemon(t, { config: clientSection('svc', { connect: upstream.port }), env, args });
  const control = join(env.RUNTIME_DIRECTORY, `overcoat-${daemon.pid}.sock`);
  const run = (...words: readonly string[]) => runOvercoat([...words, '--control', control]);
  return { daemon, env, run, control, port: await daemon.port('svc') };
}

/** One that follows the events. Rejects where there is no place for it. */
async function eventReader(control: string): Promise<ClientRequest> {
  const asked = request({ socketPath: control, path: '/api/v1/events' }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  asked.on('error', () => undefined);
  answer.on('error', () => undefined).resume();
  if (answer.statusCode !== 200) throw new Error(`answered with ${answer.statusCode}`);
  return asked;
}

test('a running process is looked at and told what to do', async (t) => {
  const { daemon, run, port } = await start(t);
  const socket = await dial(t, port);
  await daemon.line('TLS connected');

  const shown = await run('status');
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(shown.stdout, /^Overcoat \S+, process \d+, for .*\nReady\.\n1 open, /);
  assert.match(shown.stdout, /\nsvc +client +127\.0\.0\.1:\d+ +1 /);
  const overview = JSON.parse((await run('status', '--json')).stdout) as { status: { pid: number } };
  assert.equal(overview.status.pid, daemon.pid);

  assert.match((await run('connections')).stdout, /\n0 +svc +127\.0\.0\.1:\d+ .* relay /);
  const listed = JSON.parse((await run('connections', '--service', 'svc', '--json')).stdout) as { connection: number }[];
  assert.deepEqual(
    listed.map(({ connection }) => connection),
    [0],
  );

  const end = ending(socket);
  assert.equal((await run('end', '0')).code, 0);
  assert.equal(await end, 'ECONNRESET');
  const again = await run('end', '0');
  assert.deepEqual([again.code, again.stderr], [1, 'overcoat: there is no connection 0; overcoat connections lists those that are open\n']);

  const none = await run('drain', 'nonsense');
  assert.deepEqual([none.code, none.stderr], [1, 'overcoat: there is no service [nonsense]; there is svc\n']);
  for (const more of [[], ['--json'], ['--follow']])
    for (const [name, said] of [
      ['nonsense', 'there is svc'],
      ['svcs', 'did you mean svc?'],
    ] as const) {
      const { code, stdout, stderr } = await run('connections', '--service', name, ...more);
      assert.deepEqual([code, stdout, stderr], [1, '', `overcoat: there is no service [${name}]; ${said}\n`]);
    }

  const unknown = await run('drain', 'svcs');
  assert.deepEqual([unknown.code, unknown.stderr], [1, 'overcoat: there is no service [svcs]; did you mean svc?\n']);

  assert.equal((await run('drain', 'svc')).code, 0);
  await assert.rejects(dial(t, port), { code: 'ECONNREFUSED' });
  const drained = await run('status');
  assert.equal(drained.code, 1);
  assert.match(drained.stdout, /Not ready: service \[svc\] is drained\./);
  assert.equal((await run('drain', 'svc', '--resume')).code, 0);

  const config = readFileSync(daemon.configFile, 'utf8');
  writeFileSync(daemon.configFile, `${config}${clientSection('more', { connect: 1 })}`);
  assert.deepEqual(await run('reload').then(({ code, stdout }) => [code, stdout]), [0, 'Reloaded.\nadded: more\n']);
  writeFileSync(daemon.configFile, `${config}nonsense = 1\n`);
  const refused = await run('reload');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /nonsense.*\novercoat: Not reloaded: the configuration from before stays in force\n$/);

  assert.equal((await run('log', 'err')).code, 0);
  assert.match((await run('status', '--json')).stdout, /"logLevel": 3/);
  assert.equal((await run('log', 'configured')).code, 0);
  await daemon.stop({ holding: true });
});

suite('the process that is asked', () => {
  test('may be asked at its status port, which says whether it is ready', async (t) => {
    const port = await closedPort();
    const { daemon, run } = await start(t, ['--status', String(port)]);
    const asked = await runOvercoat(['status', '--port', String(port)]);
    assert.deepEqual([asked.code, asked.stderr], [0, '']);
    assert.match(asked.stdout, /\nReady\.\n/);
    assert.equal((await run('drain', 'svc')).code, 0);
    assert.equal((await runOvercoat(['status', '--port', `127.0.0.1:${port}`])).code, 1);
    await daemon.stop({ holding: true });
    const nobody = await runOvercoat(['status', '--port', String(port)]);
    assert.match(
      nobody.stderr,
      new RegExp(`^overcoat: The process behind 127\\.0\\.0\\.1:${port} cannot be asked: connection refused`, 'i'),
    );
    assert.equal(nobody.code, 1);
  });

  test('is found where it is the only one', async (t) => {
    const { daemon, env } = await start(t);
    const { stdout } = await runOvercoat(['status', '--json'], { ...env, XDG_RUNTIME_DIR: undefined });
    if (stdout !== '') assert.match(stdout, new RegExp(`"pid": ${daemon.pid}`)); // other daemons of this machine may stand in /run/overcoat
    await daemon.stop();
  });

  test('is named in a line where it is not there, or is not the only one', async (t) => {
    const gone = await runOvercoat(['status', '--control', join(tempFolder(t), 'none.sock')]);
    assert.equal(gone.code, 1);
    assert.match(
      gone.stderr,
      /^overcoat: The process behind \S+none\.sock cannot be asked: No such file or directory \(2\); .+ --control .+\n$/,
    );
    const { daemon, env } = await start(t);
    const second = await startDaemon(t, { config: clientSection('svc', { connect: 1 }), env });
    const several = await runOvercoat(['reload'], env);
    assert.equal(several.code, 1);
    assert.match(
      several.stderr,
      /^overcoat: Several are running; say which with --control PATH:(\n {2}\S+overcoat-\d+\.sock {2}\S+\.conf, for \d+s, svc){2}\n$/,
    );
    await second.stop();
    await daemon.stop();
  });

  test('may be a command, with a status port of its own', async (t) => {
    const folder = tempFolder(t);
    const control = join(folder, 'c.sock');
    const daemon = await startCommand(t, [
      'client',
      '127.0.0.1:0',
      'localhost:1',
      '--status',
      '127.0.0.1:0',
      '--control',
      control,
      '--debug',
      '7',
    ]);
    await daemon.line('Status is served at http://127.0.0.1:');
    assert.equal((await runOvercoat(['status', '--control', control])).code, 0);
    await daemon.stop();
  });

  test('shows its status to other machines only where a file says to whom', async () => {
    const { code, stderr } = await runOvercoat(['client', '127.0.0.1:0', 'localhost:1', '--status', '0.0.0.0:9100']);
    assert.equal(code, 2);
    assert.match(stderr, /--status: other machines reach this address/);
  });
});

test('connections --follow tells of each that comes and goes', async (t) => {
  const { daemon, control, port } = await start(t);
  const reader = new Program([join(ROOT, 'bin/overcoat'), 'connections', '--follow', '--control', control]);
  t.after(() => reader.kill('SIGKILL'));
  await eventually('it follows', async () => {
    (await dial(t, port)).destroy();
    return /\[svc\] accepted 127\.0\.0\.1:\d+\n/.test(reader.output) && /\[svc\] ended \(/.test(reader.output);
  });
  reader.kill('SIGTERM');
  await reader.finished;
  await daemon.stop();
});

test('connections of a service that a reload has taken away are listed as long as there are any', async (t) => {
  const { daemon, run, port } = await start(t);
  const socket = await dial(t, port);
  await daemon.line('TLS connected');
  const config = readFileSync(daemon.configFile, 'utf8');
  writeFileSync(daemon.configFile, config.replace('[svc]', '[other]'));
  assert.equal((await run('reload')).code, 0);
  assert.match((await run('connections', '--service', 'svc')).stdout, /\n0 +svc /);
  socket.destroy();
  await daemon.line(/Connection (closed|reset)/);
  const gone = await run('connections', '--service', 'svc');
  assert.deepEqual([gone.code, gone.stderr], [1, 'overcoat: there is no service [svc]; there is other\n']);
  await daemon.stop();
});

test('connections --follow ends with who reads it', async (t) => {
  const { daemon, control, port } = await start(t);
  const follower = new Program(['sh', '-c', '"$0" connections --follow --control "$1" | head -n 1', join(ROOT, 'bin/overcoat'), control]);
  t.after(() => follower.kill('SIGKILL'));
  await eventually('it ends', async () => {
    (await dial(t, port)).destroy();
    return follower.ended;
  });
  await daemon.stop();
});

test('connections --follow says why it does not go on', async (t) => {
  const { daemon, control, port, run } = await start(t);
  const others = await Promise.all(Array.from({ length: MAX_STREAMS }, () => eventReader(control)));
  const refused = await run('connections', '--follow');
  assert.deepEqual([refused.code, refused.stdout, refused.stderr], [1, '', 'overcoat: 16 readers follow already\n']);
  for (const other of others) other.destroy();
  await eventually('there is a place again', async () => {
    const reader = await eventReader(control).catch(() => undefined);
    reader?.destroy();
    return reader !== undefined;
  });
  const reader = new Program([join(ROOT, 'bin/overcoat'), 'connections', '--follow', '--control', control]);
  t.after(() => reader.kill('SIGKILL'));
  await eventually('it follows', async () => {
    (await dial(t, port)).destroy();
    return reader.output.includes('accepted');
  });
  await daemon.stop({ holding: true });
  const { code, stderr } = await reader.finished;
  assert.deepEqual([code, stderr], [1, `overcoat: The process behind ${control} ended while it was asked\n`]);
});

test('top shows them live, obeys its keys, and gives the terminal back', { skip: requires({ packages: ['tmux'] }) }, async (t) => {
  const { daemon, control, port } = await start(t);
  const client = await dial(t, port);
  let socket = '';
  const tmux = (...words: readonly string[]) => new Program(['tmux', '-S', socket, ...words]).finished;
  const command = `${join(ROOT, 'bin/overcoat')} top --control ${control}; echo back again; sleep 600`;
  t.after(() => tmux('kill-server')); // before its folder goes
  socket = join(tempFolder(t), 'tmux');
  await tmux('new-session', '-d', '-x', '100', '-y', '20', command);
  const screen = async (): Promise<string> => (await tmux('capture-pane', '-p')).stdout;
  const showing = (wanted: RegExp) => eventually(`the screen shows ${wanted}`, async () => wanted.test(await screen()), { every: 200 });
  await showing(/0 +svc +127\.0\.0\.1:\d+/);
  await showing(/sorted by rate/);
  await tmux('send-keys', 'a');
  await showing(/sorted by age/);
  await tmux('resize-window', '-x', '60', '-y', '8');
  await showing(/sorted by age/);
  assert.ok((await screen()).trimEnd().split('\n').length <= 8);
  const ended = ending(client);
  await tmux('send-keys', 'F9');
  await showing(/end connection 0 of 127\.0\.0\.1:\d+\? y/);
  await tmux('send-keys', 'y');
  await showing(/connection 0 was ended/);
  assert.equal(await ended, 'ECONNRESET');
  await tmux('send-keys', 'q');
  await showing(/back again/);
  assert.ok(!(await screen()).includes('sorted by'), 'what was there before is there again');
  client.destroy();
  await daemon.stop();
});
