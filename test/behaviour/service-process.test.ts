/**
 * With workers, what the network says about names is read by a process of its own: the supervisor only binds. That process is replaced
 * when it ends, and who asked meanwhile is answered by the next.
 */
// Tests: src/daemon/service-process/, src/daemon/workers/supervisor/pool-service.ts, src/daemon/workers/service-role.ts
// Tests: src/daemon/workers/started-process.ts
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { decode, encode } from 'dns-packet';
import { eventually, within } from '../support/eventually.ts';
import { echoServer } from '../support/net/tcp.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { optionLines, serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { startDaemon, workersOf } from '../support/overcoat/daemon.ts';
import { LOOKUPS_AT } from '../support/overcoat/tell-lookups.ts';
import { startDnsServer } from '../support/peers/dns-server.ts';
import type { Place } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const NAME_SERVER = '127.0.0.76';
const DNS_PORT = 53;

/** This machine, with another name server. */
function withNameServer(t: TestContext): Place {
  const files = writeFiles(tempFolder(t), { 'resolv.conf': `nameserver ${NAME_SERVER}\n` });
  const script = `mount --bind ${files['resolv.conf']} /etc/resolv.conf && exec "$@"`;
  return { name: 'a machine with a name server', enter: (argv) => ['unshare', '--mount', 'sh', '-c', script, 'sh', ...argv] };
}

/** Processes by what `ps` shows of them, below the daemon. */
function processIds(daemon: Daemon, role: string): number[] {
  const supervisor = daemon.pid;
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const parent = Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${entry}/stat`, 'latin1'))?.[1]);
      return parent === supervisor && readFileSync(`/proc/${entry}/cmdline`, 'latin1').includes(role) ? [Number(entry)] : [];
    } catch {
      return [];
    }
  });
}

async function start(
  t: TestContext,
  globals: Options = {},
): Promise<{ readonly daemon: Daemon; readonly ask: (name: string) => Promise<string> }> {
  const server = await startDnsServer(() => ({ answers: [{ type: 'A', name: 'x', data: '192.0.2.7', ttl: 60 }] }), NAME_SERVER, DNS_PORT);
  t.after(() => server.close());
  const backend = await echoServer(t);
  const daemon = await startDaemon(t, {
    config: optionLines({ workers: 2, dnsListen: '127.0.0.1:0', ...globals }) + serverSection('svc', { connect: backend.port }),
    place: withNameServer(t),
  });
  const port = Number(/:(\d+)$/.exec(await daemon.line('DNS forwarder bound to'))?.[1]);
  const socket = dgram.createSocket('udp4');
  t.after(() => void socket.close());
  const ask = async (name: string): Promise<string> => {
    socket.send(encode({ type: 'query', id: 7, flags: 256, questions: [{ type: 'A', name }] }), port, '127.0.0.1');
    const [message] = (await within('a DNS answer', once(socket, 'message'))) as [Buffer];
    const [answer] = decode(message).answers ?? [];
    return answer?.type === 'A' ? answer.data : '';
  };
  await daemon.line('A spare worker is ready');
  daemon.takeBaseline();
  return { daemon, ask };
}

test('names of `connect` and `accept` are looked up by a worker, not by the supervisor', async (t) => {
  const backend = await echoServer(t);
  const path = join(tempFolder(t), 'lookups');
  const daemon = await startDaemon(t, {
    config: optionLines({ workers: 2 }) + serverSection('svc', { accept: 'localhost:0', connect: `localhost:${backend.port}` }),
    nodeOptions: ['--import', join(import.meta.dirname, '../support/overcoat/tell-lookups.ts')],
    env: { [LOOKUPS_AT]: path },
  });
  daemon.takeBaseline();
  const lookups = readFileSync(path, 'utf8').trimEnd().split('\n');
  assert.ok(lookups.length >= 2, lookups.join());
  const workers = workersOf(daemon.pid);
  for (const lookup of lookups) {
    const [pid, name] = lookup.split(' ');
    assert.equal(name, 'localhost');
    assert.ok(workers.includes(Number(pid)), `${pid} is one of the workers ${workers.join()}`);
  }
  await daemon.stop();
});

suite('the service process', { skip: requires({ root: true, linux: true, commands: ['unshare'] }) }, () => {
  test('answers names, and is replaced when it ends; who asks meanwhile is answered', async (t) => {
    const { daemon, ask } = await start(t);
    assert.equal(await ask('one.example'), '192.0.2.7');
    const [first] = processIds(daemon, 'service process');
    process.kill(first as number, 'SIGSEGV');
    assert.equal(await ask('two.example'), '192.0.2.7', 'it waited in the queue');
    assert.match(await daemon.line(/LOG2\[main\]: The service process ended/), /ended: signal SIGSEGV$/);
    await daemon.line(/LOG5\[main\]: The service process replaced after \d+ ms/);
    const [second] = processIds(daemon, 'service process');
    assert.ok(second !== undefined && second !== first);
    await eventually('there is a spare again', () => processIds(daemon, 'worker (spare)').length === 1);
    await daemon.stop();
  });

  test('still finds its name servers in a jail, as another user, also when it was replaced', async (t) => {
    const { daemon, ask } = await start(t, { chroot: tempFolder(t), setuid: 'nobody', setgid: 'nogroup' });
    assert.equal(await ask('one.example'), '192.0.2.7');
    const [first] = processIds(daemon, 'service process');
    process.kill(first as number, 'SIGKILL');
    await daemon.line(/The service process replaced after \d+ ms/);
    assert.equal(await ask('two.example'), '192.0.2.7');
    await daemon.stop();
  });

  test('is not there where nobody asked for it', async (t) => {
    const backend = await echoServer(t);
    const daemon = await startDaemon(t, { config: optionLines({ workers: 2 }) + serverSection('svc', { connect: backend.port }) });
    await daemon.line('A spare worker is ready');
    assert.deepEqual(processIds(daemon, 'service process'), []);
    await daemon.stop();
  });
});
