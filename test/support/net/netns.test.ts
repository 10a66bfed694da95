/** The test network itself: hosts reach each other through the gateway, a capture sees every byte, and nothing is left at the end. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { eventually } from '../eventually.ts';
import { requires } from '../requirements.ts';
import { Capture, isOnlyTlsRecords } from './capture.ts';
import { openThreeHosts } from './netns.ts';

const skip = requires({ netns: true, packages: ['iproute2', 'netcat-openbsd', 'tcpdump', 'tshark'] });

test('a stream crosses the gateway, is captured whole, and closing removes hosts and programs', { skip }, async (t) => {
  const net = openThreeHosts();
  t.after(() => net.close());
  const capture = await Capture.start(net.wan.left);
  t.after(() => capture.close());
  for (const address of [net.wan.right.v4, net.wan.right.v6]) {
    const server = net.receiver.start(['nc', '-v', '-n', '-l', ...(address.includes(':') ? ['-6'] : []), '-p', '443']);
    await server.saw(/[Ll]istening/);
    await net.sender.shell(`nc -N -n ${address} 443`, { input: `to ${address}` });
    assert.match((await server.finished).stdout, new RegExp(`^to ${address}$`));
  }
  await capture.stop();
  const sent = (await capture.tcpStreams()).map((stream) => stream.fromClient.toString());
  assert.deepEqual(sent.sort(), [`to ${net.wan.right.v4}`, `to ${net.wan.right.v6}`]);
  assert.equal(isOnlyTlsRecords(Buffer.from(sent[0] ?? '')), false);

  net.receiver.start(['sleep', '1000']);
  const namespaces = [net.sender, net.gateway, net.receiver].map((host) => host.namespace);
  await eventually('the program runs in its host', () => net.receiver.pids().length >= 1);
  net.close();
  const left = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  for (const namespace of namespaces) assert.equal(left.includes(namespace), false);
});
