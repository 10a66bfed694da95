/** `overcoat exec --control`: the connections of a wrapped command are looked at and ended as those of a daemon are. */
// Tests: src/exec/watched.ts, src/status/http/control-socket.ts, src/cli/control/find.ts
import assert from 'node:assert/strict';
import { chownSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { after, before, suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import type { ThreeHosts } from '../support/net/netns.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import { runOvercoat } from '../support/overcoat/daemon.ts';
import { runExec, startExec } from '../support/overcoat/exec.ts';
import { receiverCertificate, startHttps } from '../support/overcoat/gateway.ts';
import { ask } from '../support/overcoat/status.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const NOBODY = 65_534;
const skip = requires({ netns: true, packages: ['nftables', 'iproute2', 'nginx'], commands: ['setpriv', 'unshare', 'bash'] });

suite('overcoat exec --control', { skip }, () => {
  let net: ThreeHosts;
  const undos: (() => void)[] = [];

  before(async () => {
    net = openThreeHosts();
    await startHttps({ after: (undo: () => void) => undos.push(undo) }, net, [443]);
  });
  after(() => {
    net?.close();
    for (const undo of undos) undo();
  });

  /** A command that keeps one connection open until that ends, and where control sockets of user nobody stand. */
  function start(t: TestContext, flags: readonly string[] = []) {
    const runtime = tempFolder(t);
    chownSync(runtime, NOBODY, NOBODY);
    const env = { ...process.env, XDG_RUNTIME_DIR: runtime, RUNTIME_DIRECTORY: undefined };
    const talk = `exec 3<>/dev/tcp/${net.wan.right.v4}/443; printf 'GET / HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n' >&3; cat <&3; true`;
    const run = () =>
      startExec(net.gateway, ['--pin', receiverCertificate(net).certFile, '--control', 'auto', ...flags], ['bash', '--norc', '-c', talk], {
        env,
      });
    const sockets = (): readonly string[] => {
      const folder = join(runtime, 'overcoat');
      return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
    };
    return { run, sockets };
  }

  test('is asked as a daemon is, and refuses what it cannot do with the reason', async (t) => {
    const { run, sockets } = start(t);
    const exec = run();
    const control = await eventually('the socket is there', () => sockets()[0]);
    assert.match(control, /\/exec-bash-\d+\.sock$/);
    const told = (...words: readonly string[]) => runOvercoat([...words, '--control', control]);
    const listed = await eventually('its connection is open', async () => {
      const { stdout } = await told('connections', '--json');
      const [only] = JSON.parse(stdout) as readonly { readonly connection: number; readonly stage: string; readonly toPlain: number }[];
      return only?.stage === 'relay' && only.toPlain > 0 ? only : undefined;
    });
    const status = await told('status');
    assert.deepEqual([status.code, status.stderr], [0, '']);
    assert.match(status.stdout, /\nReady\.\n1 open, /);
    assert.match(status.stdout, /\nexec +client +- +1 /);
    assert.equal((await ask(control, '/metrics')).code, 200);

    for (const [words, why] of [
      [['reload'], /^overcoat: exec has no configuration file: /],
      [['drain', 'exec'], /^overcoat: exec listens nowhere: /],
      [['log', 'debug'], /^overcoat: it writes no log: start it with --log FILE, /],
    ] as const) {
      const { code, stderr } = await told(...words);
      assert.equal(code, 1);
      assert.match(stderr, why);
    }

    assert.equal((await told('end', String(listed.connection))).code, 0);
    const { code } = await exec.finished;
    assert.equal(code, 0);
    assert.deepEqual(sockets(), [], 'it takes its socket along');
  });

  test('sets the level of the log it writes', async (t) => {
    const { run, sockets } = start(t, ['--debug', '6']);
    const exec = run();
    const control = await eventually('the socket is there', () => sockets()[0]);
    assert.equal((await runOvercoat(['log', 'err', '--control', control])).code, 0);
    assert.match((await runOvercoat(['status', '--json', '--control', control])).stdout, /"logLevel": 3/);
    await eventually('its connection has ended', async () => (await runOvercoat(['end', '0', '--control', control])).code === 0);
    await exec.finished;
  });

  test('has no socket unless it is asked for one, and one that cannot be made keeps no command from running', async (t) => {
    const closed = tempFolder(t);
    const env = { ...process.env, XDG_RUNTIME_DIR: closed, RUNTIME_DIRECTORY: undefined };
    const command = ['ls', '-A', closed];
    const pin = ['--pin', receiverCertificate(net).certFile];
    const without = await runExec(net.gateway, pin, command, { env });
    assert.deepEqual([without.code, without.stderr], [0, '']);
    const denied = await runExec(net.gateway, [...pin, '--control', 'auto'], command, { env });
    assert.equal(denied.code, 0);
    assert.match(
      denied.stderr,
      /^overcoat: .*No control socket at \S+exec-ls-\d+\.sock: Permission denied; name one with control \(--control PATH\), or control = no\n$/,
    );
    const named = await runExec(net.gateway, [...pin, '--control', join(closed, 'c.sock')], command, { env });
    assert.equal(named.code, 1);
    assert.match(
      named.stderr,
      /^overcoat: No control socket at \S+c\.sock: Permission denied; see who may write there, or name another path\n$/,
    );
  });
});
