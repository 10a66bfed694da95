/**
 * What others do to the machine under a running gateway: devices renamed and unplugged, rules flushed, the table of connections full, the
 * network down. Nothing passes in clear meanwhile, it serves again within two seconds, and each is one problem with its remedy.
 */
// Tests: src/gateway/scaffold.ts, src/gateway/machine/installed-watch.ts, src/linux/network/netlink-watch.ts, src/status/ledger/daemon-problems.ts
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { after, before, suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { Capture, isOnlyTlsRecords } from '../support/net/capture.ts';
import type { ThreeHosts } from '../support/net/netns.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import { BIN } from '../support/overcoat/checkout.ts';
import { clientSection, optionLines } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { fetched, GATEWAY_PACKAGES, receiverCertificate, runGateway, startGateway, startHttps } from '../support/overcoat/gateway.ts';
import { problemsOf } from '../support/overcoat/status.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const skip = requires({ netns: true, packages: [...GATEWAY_PACKAGES, 'tshark', 'tcpdump', 'netcat-openbsd'], commands: ['unshare'] });
/** How soon it has to serve again. */
const BACK_MS = 2000;

const url = (net: ThreeHosts): string => `http://${net.wan.right.v4}:443/`;
const wraps = async (net: ThreeHosts): Promise<boolean> => (await fetched(net.sender, url(net))) === 'through TLS';

async function wrapsSoon(net: ThreeHosts): Promise<void> {
  const startedAt = performance.now();
  await eventually('it wraps again', () => wraps(net), { every: 50 });
  assert.ok(performance.now() - startedAt < BACK_MS, `${performance.now() - startedAt} ms`);
}

/** A connection from the sender that stays open: each request on it is answered. */
function openStream(net: ThreeHosts): { asks(): Promise<void>; end(): void } {
  const program = net.sender.start(['nc', '-n', net.wan.right.v4, '443'], { keepInput: true });
  let asked = 0;
  return {
    asks: async () => {
      asked += 1;
      program.write('GET / HTTP/1.1\r\nHost: www.example.test\r\n\r\n');
      const answered = await program.until((output) => output.split('through TLS').length > asked || undefined);
      assert.ok(answered, `answer ${asked} on the open stream: ${program.output}`);
    },
    end: () => program.kill('SIGKILL'),
  };
}

/** Waits for the problem, which must be the only one of its code and say what to do. */
async function oneProblem(control: string, code: string, text: RegExp): Promise<void> {
  const found = await eventually(`the problem ${code}`, async () => {
    const all = (await problemsOf(control)).filter((problem) => problem.code === code && text.test(problem.text));
    return all.length > 0 ? all : undefined;
  });
  assert.equal(found.length, 1);
  assert.ok((found[0]?.remedy.length ?? 0) > 20, JSON.stringify(found[0]));
}

suite('under a running gateway', { skip }, () => {
  let net: ThreeHosts;
  let gateway: Daemon;
  let capture: Capture;
  let control: string;
  const ends: (() => void | Promise<void>)[] = [];
  const t = { after: (end: () => void | Promise<void>): void => void ends.unshift(end) };

  after(async () => {
    for (const end of ends) await end();
  });

  before(async () => {
    net = openThreeHosts();
    t.after(() => net.close());
    await startHttps(t, net, [443]);
    control = join(tempFolder(t), 'control');
    const args = ['--ports', '443', '--control', control, '--pin', receiverCertificate(net).certFile];
    gateway = await startGateway(t, net.gateway, args);
    capture = await Capture.start(net.wan.left);
    t.after(() => capture.close());
    assert.ok(await wraps(net));
  });

  test('a device that is renamed is taken as before, and said', async () => {
    await net.gateway.shell('ip link set eth0 down; ip link set eth0 name lan0; ip link set lan0 up');
    await wrapsSoon(net);
    await gateway.line(/LOG4.*device eth0 is called lan0 now.*--from lan0/);
    await oneProblem(control, 'gateway_device', /lan0/);
    await net.gateway.shell('ip link set lan0 down; ip link set lan0 name eth0; ip link set eth0 up');
    await gateway.line('LOG5[main]: The device eth0 is back, and taken as before');
    await wrapsSoon(net);
  });

  test('rules that are flushed are put back, also where only their table was emptied', async () => {
    const guard = () => net.gateway.shell('nft -s list table inet overcoat_guard');
    const whole = await guard();
    const stream = openStream(net);
    await stream.asks();
    for (const flush of ['flush ruleset', 'flush table inet overcoat_guard', 'delete table inet overcoat_guard']) {
      const from = gateway.lines.length;
      await net.gateway.shell(`nft ${flush}`);
      const flushedAt = performance.now();
      await gateway.line(/The table overcoat_guard was removed by somebody else/, { from });
      await eventually(`the guard is back after ${flush}`, async () => (await guard().catch(() => '')) === whole, { every: 20 });
      assert.ok(performance.now() - flushedAt < BACK_MS, `${performance.now() - flushedAt} ms`);
      assert.ok(await wraps(net));
      assert.equal(gateway.lines.slice(from).filter((line) => line.includes('overcoat_guard was removed')).length, 1);
      await stream.asks();
    }
    stream.end();
    await oneProblem(control, 'gateway_removed', /overcoat_guard/);
  });

  test('the session that owns the interception is started again when it is killed', async () => {
    const session = execFileSync('pgrep', ['-P', String(gateway.pid), '-f', 'nft -j -i'], { encoding: 'utf8' }).trim();
    process.kill(Number(session), 'SIGKILL');
    await gateway.line('The interception rules were lost');
    await wrapsSoon(net);
    await oneProblem(control, 'gateway_removed', /interception rules/);
    gateway.takeBaseline();
  });

  test('a network that goes down is one of failed connections, and up again it serves', async () => {
    await net.gateway.shell('ip link set eth1 down');
    assert.notEqual(await fetched(net.sender, url(net)), 'through TLS');
    await net.gateway.shell('ip link set eth1 up');
    await wrapsSoon(net);
    await oneProblem(control, 'upstream_refused', /unreachable/);
  });

  test('nothing of all this left in clear, and all is undone at the end', async () => {
    await gateway.stop();
    await capture.stop();
    const streams = await capture.tcpStreams();
    assert.ok(streams.length >= 6, `${streams.length}`);
    for (const { fromClient } of streams) assert.ok(isOnlyTlsRecords(fromClient), fromClient.toString('latin1').slice(0, 100));
    assert.equal(await net.gateway.shell('nft list tables'), '');
  });
});

suite('a gateway', { skip, concurrency: 2 }, () => {
  const network = (t: TestContext): ThreeHosts => {
    const net = openThreeHosts();
    t.after(() => net.close());
    return net;
  };

  test('whose helper for the way back was killed says so, and what to do at its end', async (t) => {
    const net = network(t);
    const gateway = await startGateway(t, net.gateway, ['--ports', '443', '--local', 'user=nobody']);
    const undoer = execFileSync('pgrep', ['-P', String(gateway.pid), '-f', 'overcoat-undo'], { encoding: 'utf8' }).trim();
    process.kill(Number(undoer), 'SIGKILL');
    await gateway.line(/LOG3.*helper that undoes .* has ended.*overcoat gateway down/);
    gateway.signal('SIGTERM');
    await gateway.line(/LOG4.*still in place: run `overcoat gateway down`/);
    await gateway.program.finished;
    assert.equal((await runGateway(net.gateway, ['down'])).code, 0);
    assert.equal(await net.gateway.shell('nft list tables'), '');
  });

  test('that stays by `gateway up` has its tables put back by the service beside it, and goes when it is told to', async (t) => {
    const net = network(t);
    await startHttps(t, net, [443]);
    const flags = ['up', '--from', 'eth0', '--ports', '443', '--listen', '4430'];
    assert.equal((await runGateway(net.gateway, flags)).code, 0);
    const control = join(tempFolder(t), 'control');
    const pin = receiverCertificate(net).certFile;
    const config = optionLines({ control }) + clientSection('wrap', { accept: '4430', transparent: 'destination', pin });
    const daemon = await startDaemon(t, { config, place: net.gateway });
    assert.ok(await wraps(net));
    await net.gateway.shell('nft flush ruleset');
    await daemon.line(/LOG3.*rules of `overcoat gateway up` were removed/);
    await wrapsSoon(net);
    await oneProblem(control, 'gateway_removed', /gateway up/);
    assert.equal((await runGateway(net.gateway, ['down'])).code, 0);
    await net.gateway.shell('nft add table inet somebody; sleep 1; nft delete table inet somebody');
    assert.equal(await net.gateway.shell('nft list tables'), '');
    await daemon.stop();
  });

  test('says once that the table of connections is full', async (t) => {
    const net = network(t);
    const folder = tempFolder(t);
    const files = writeFiles(folder, { count: '990\n', max: '1000\n' });
    const tracking = '/proc/sys/net/netfilter/nf_conntrack';
    const mounts = `mount --bind ${files.count} ${tracking}_count; mount --bind ${files.max} ${tracking}_max`;
    const control = join(folder, 'control');
    const run = `exec ${BIN}/overcoat gateway --from eth0 --ports 443 --control ${control}`;
    const program = net.gateway.start(['unshare', '-m', 'sh', '-euc', `${mounts}; ${run}`]);
    await program.saw(/LOG3\[main\]: The kernel's table of connections is full \(990 of 1000\).*nf_conntrack_max=2000/);
    await oneProblem(control, 'gateway_tracking', /full/);
    program.kill('SIGTERM');
    await program.finished;
    assert.equal(program.output.match(/table of connections is full/g)?.length, 1);
  });
});
