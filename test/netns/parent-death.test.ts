/**
 * SIGKILL of whoever started them: helpers of ours end with their parent at whatever step they are, and hold nothing of its open.
 * Tools are slowed down by a wrapper, which goes on when its parent is dead. Ends take milliseconds; the waits here are
 * longer than that because of machines that do something else beside.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { eventually, within } from '../support/eventually.ts';
import type { Host, ThreeHosts } from '../support/net/netns.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import { dialTls } from '../support/net/tls.ts';
import { BIN } from '../support/overcoat/checkout.ts';
import { serverSection } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { execArgv } from '../support/overcoat/exec.ts';
import { receiverCertificate, runGateway } from '../support/overcoat/gateway.ts';
import type { Program } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const skip = requires({ netns: true, packages: ['nftables', 'iproute2'], commands: ['setpriv', 'unshare'] });
const OVERCOAT = join(BIN, 'overcoat');
const TOOLS = ['nft', 'ip', 'unshare'];

/** Of a running process; undefined for one that has ended and waits to be asked for its exit code. */
function fileOf(pid: string, name: string): string | undefined {
  try {
    if (/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))) return undefined;
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return undefined;
  }
}

/** Everything that was started with an environment of this test's own: `pid: command line`. */
class Marked {
  readonly mark = `OVERCOAT_TEST_MARK=${randomUUID()}`;
  readonly #folder: string;

  /**
   * @param stopAt which call of a tool waits for the end of its parent before it does its work: counted from 1, or the first whose
   *   arguments have this text; none: 0
   */
  constructor(t: TestContext, stopAt: number | string = 0) {
    this.#folder = tempFolder(t);
    const script = (name: string): string => `#!/bin/sh
echo ${name} >>${this.#folder}/calls
if ${typeof stopAt === 'number' ? `[ "$(wc -l <${this.#folder}/calls)" -eq ${stopAt} ]` : `case "$*" in *'${stopAt}'*) ;; *) false ;; esac`}; then
  touch ${this.#folder}/stopped
  while read -r _ _ _ parent _ </proc/$$/stat && [ "$parent" = $PPID ]; do sleep 0.05; done
fi
PATH=\${PATH#*:}
exec ${name} "$@"
`;
    const files = Object.fromEntries(TOOLS.map((name) => [`bin/${name}`, script(name)]));
    for (const path of Object.values(writeFiles(this.#folder, { ...files, calls: '' }))) chmodSync(path, 0o777);
    chmodSync(this.#folder, 0o777);
    t.after(() => {
      for (const { pid } of this.all()) process.kill(pid, 'SIGKILL');
    });
  }

  /** Starts a program on a host. The environment is set there: the way into the host runs `ip` as well. */
  start(host: Host, argv: readonly string[]): Program {
    return host.start(['env', this.mark, `PATH=${this.#folder}/bin:${process.env['PATH']}`, ...argv]);
  }

  /** For programs that are not about tools. */
  get env(): Readonly<Record<string, string>> {
    return Object.fromEntries([this.mark.split('=')]) as Record<string, string>;
  }

  all(): readonly { readonly pid: number; readonly line: string }[] {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    const ours = pids.filter((pid) => fileOf(pid, 'environ')?.includes(this.mark) === true);
    return ours.map((pid) => ({ pid: Number(pid), line: (fileOf(pid, 'cmdline') ?? '').replaceAll('\0', ' ') }));
  }

  /** Waits for a process whose command line holds the text. */
  seen(text: string, times = 1): Promise<unknown> {
    return eventually(`${text} runs`, () => this.all().filter(({ line }) => line.includes(text)).length >= times, { every: 5 });
  }

  /** Waits until the chosen call of a tool waits. @returns false where the program ended before it came to so many */
  async stopped(program: Program): Promise<boolean> {
    const file = join(this.#folder, 'stopped');
    return eventually('a tool waits', () => (existsSync(file) ? 'yes' : program.ended && 'no')).then((answer) => answer === 'yes');
  }

  /** SIGKILL, and nothing is left, nor holds the output of what was killed. */
  async endsWith(program: Program): Promise<void> {
    program.kill('SIGKILL');
    await eventually(`nothing is left\n${program.output}`, () => {
      const left = this.all().map(({ pid, line }) => `${pid}: ${line}`);
      assert.deepEqual(left, []);
      return true;
    });
    await within('nobody holds its output', program.finished);
  }
}

function network(t: TestContext): ThreeHosts {
  const net = openThreeHosts();
  t.after(() => net.close());
  return net;
}

/** Root of a test environment may make network namespaces by itself, an ordinary user needs a user namespace. */
const USERS: readonly (readonly [string, (command: readonly string[]) => string[]])[] = [
  ['an ordinary user', (command) => execArgv([], command)],
  ['root', (command) => [OVERCOAT, 'exec', '--', ...command]],
];

suite('when overcoat exec is killed', { skip, concurrency: 2, timeout: 240_000 }, () => {
  for (const [user, argv] of USERS) {
    for (const [call, what] of [
      'the trial of namespaces',
      'loopback inside',
      'making the namespaces',
      'routes inside',
      'rules inside',
    ].entries())
      test(`its helper ends with it, at call ${call + 1} of a tool, about ${what} (${user})`, async (t) => {
        const marked = new Marked(t, call + 1);
        const program = marked.start(network(t).gateway, argv(['sleep', '1000']));
        assert.equal(await marked.stopped(program), true);
        await marked.endsWith(program);
      });

    test(`the command is asked to end (${user})`, async (t) => {
      const marked = new Marked(t);
      const script = "trap 'echo asked; exit 3' TERM; echo ready; while :; do sleep 0.05; done";
      const program = marked.start(network(t).gateway, argv(['sh', '-c', script]));
      await program.saw(/ready/);
      await marked.endsWith(program);
      assert.equal((await program.finished).stdout, 'ready\nasked\n');
    });
  }
});

suite('when a gateway is killed', { skip, concurrency: 2, timeout: 240_000 }, () => {
  const start = (marked: Marked, host: Host, pin: string): Program => {
    const flags = ['--from', 'eth0', '--ports', '443', '--mode', 'tproxy', '--local', 'user=nobody', '--pin', pin];
    return marked.start(host, [OVERCOAT, 'gateway', ...flags]);
  };

  // Guard; four deletions and four additions of the policy route; the session that owns the interception.
  for (const call of [1, 2, 6, 9])
    test(`its helpers end with it, at call ${call} of a tool`, async (t) => {
      const net = network(t);
      const marked = new Marked(t, call);
      const program = start(marked, net.gateway, receiverCertificate(net).certFile);
      assert.equal(await marked.stopped(program), true);
      await marked.endsWith(program);
      assert.equal((await runGateway(net.gateway, ['down'])).code, 0);
    });

  for (const way of ['while it serves', 'while it undoes everything'])
    test(`its helpers end with it, ${way}`, async (t) => {
      const net = network(t);
      const marked = new Marked(t);
      const program = start(marked, net.gateway, receiverCertificate(net).certFile);
      await program.saw(/Configuration successful/);
      await marked.seen('overcoat-undo');
      await marked.seen('nft -j -i');
      if (way !== 'while it serves') {
        program.kill('SIGTERM');
        await marked.seen('gateway down');
      }
      await marked.endsWith(program);
      assert.equal((await runGateway(net.gateway, ['down'])).code, 0);
      assert.equal(await net.gateway.shell('nft list tables'), '');
    });

  test('the doctor leaves neither processes nor devices', async (t) => {
    const { gateway } = network(t);
    const marked = new Marked(t, 'link add overcoat-far'); // the second cable: both peers run, and the first cable is there
    const program = marked.start(gateway, [OVERCOAT, 'gateway', 'doctor', '--from', 'eth0', '--ports', '443']);
    assert.equal(await marked.stopped(program), true, program.output);
    // By the file, until they have named themselves.
    assert.equal(marked.all().filter(({ line }) => /test.peer/.test(line)).length, 2);
    assert.match(await gateway.shell('ip -br link'), /overcoat-test/);
    await marked.endsWith(program);
    await eventually('the cables are gone', async () => !(await gateway.shell('ip -br link')).includes('overcoat-'));
  });
});

test('when a daemon is killed, the starter of a program on a terminal ends, and the program is hung up', {
  skip,
  timeout: 120_000,
}, async (t) => {
  const marked = new Marked(t);
  const service = serverSection('run', { exec: '/bin/cat', execArgs: 'cat -u -', pty: true });
  const daemon = await startDaemon(t, { config: service, env: marked.env });
  const client = await dialTls(t, await daemon.port('run'), { servername: 'localhost' });
  client.on('error', () => undefined);
  await eventually('one of the two runs', () => marked.all().some(({ line }) => /terminal-starter|^cat -u -/.test(line)), { every: 5 });
  await marked.endsWith(daemon.program);
});
