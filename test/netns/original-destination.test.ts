/** Interception as the kernel does it: iptables and ip6tables REDIRECT, DNAT and TPROXY in network namespaces, one listener on `::`. */
// Tests: src/linux/sockets/original-destination.ts
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { INTERCEPTION } from '../support/net/interception.ts';
import type { ThreeHosts } from '../support/net/netns.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import type { Program } from '../support/program.ts';
import { requires } from '../support/requirements.ts';

const LISTENER = new URL('../support/net/print-destination.ts', import.meta.url).pathname;
const ENOENT = { error: 'No such file or directory', errno: 2 };

suite('the original destination', { skip: requires({ netns: true, packages: ['iptables', 'netcat-openbsd'] }) }, () => {
  let hosts: ThreeHosts;
  let listener: Program;
  let seen = 0;

  before(async () => {
    hosts = openThreeHosts();
    await hosts.gateway.shell(INTERCEPTION);
    listener = hosts.gateway.start([process.execPath, LISTENER, '1500']);
    await listener.saw(/listening true\n/);
  });

  after(async () => {
    await listener?.stop('SIGKILL');
    hosts?.close();
  });

  /** Connects from the sender and returns what the listener saw of it. */
  async function intercepted(address: string, port: number): Promise<unknown> {
    await hosts.sender.shell(`nc -N -w 60 ${address} ${port} </dev/null`);
    seen += 1;
    const line = await listener.until((output) => output.split('\n').filter((text) => text.startsWith('{'))[seen - 1]);
    return JSON.parse(line ?? 'null');
  }

  const destinationOf = async (address: string, port: number): Promise<unknown> => {
    const found = (await intercepted(address, port)) as { destination: unknown };
    return found.destination;
  };

  test('is found behind an IPv4 REDIRECT, although the listener is an IPv6 one', async () => {
    assert.deepEqual(await destinationOf('10.77.2.2', 80), { address: '10.77.2.2', port: 80 });
  });

  test('is found behind an IPv6 REDIRECT', async () => {
    assert.deepEqual(await destinationOf('fd77:2::2', 80), { address: 'fd77:2::2', port: 80 });
  });

  test('is found behind an IPv4 DNAT', async () => {
    assert.deepEqual(await destinationOf('10.77.2.2', 81), { address: '10.77.2.2', port: 81 });
  });

  test('is found behind an IPv6 DNAT', async () => {
    assert.deepEqual(await destinationOf('fd77:2::2', 81), { address: 'fd77:2::2', port: 81 });
  });

  for (const address of ['10.77.2.2', 'fd77:2::2'])
    test(`is the local address behind TPROXY to ${address}`, async () => {
      const found = (await intercepted(address, 82)) as { local: boolean; localAddress: string; localPort: number };
      assert.equal(found.localAddress.endsWith(address), true, found.localAddress);
      assert.equal(found.localPort, 82);
      assert.equal(found.local, false, 'not one of the gateway');
    });

  for (const address of ['10.77.1.2', 'fd77:1::2'])
    test(`of a direct connection to ${address} is the listener itself`, async () => {
      const found = (await intercepted(address, 1500)) as { destination: unknown; local: boolean };
      assert.equal(found.local, true);
      assert.deepEqual(found.destination, { address, port: 1500 });
    });

  test('is unknown where the kernel tracks nothing, and an address without a carrier is still our own', async () => {
    await hosts.gateway.shell('iptables -t raw -I PREROUTING -p tcp --dport 1500 -j NOTRACK; ip route');
    await hosts.sender.shell('ip route add 10.77.9.0/24 via 10.77.1.2');
    await hosts.gateway.shell('ip link add veth9 type veth peer name veth9b; ip address add 10.77.10.1/24 dev veth9; ip link set veth9 up');
    const found = (await intercepted('10.77.10.1', 1500)) as { destination: unknown; local: boolean };
    assert.deepEqual(found.destination, ENOENT);
    assert.equal(found.local, true);
    // A listener that is late: the client's FIN is acknowledged by a packet of ours, at which the kernel takes the connection up.
    for (const address of ['10.77.10.1', 'fd77:2::1']) {
      if (address.includes(':')) await hosts.gateway.shell('ip6tables -t raw -I PREROUTING -p tcp --dport 1500 -j NOTRACK');
      listener.kill('SIGSTOP');
      const late = intercepted(address, 1500);
      await eventually('the client has said its end', async () =>
        (await hosts.gateway.shell('ss -tnH state close-wait')).includes(':1500'),
      );
      listener.kill('SIGCONT');
      assert.deepEqual(((await late) as { destination: unknown }).destination, ENOENT, address);
    }
  });
});
