import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { listenDns } from '../../../src/names/dns/listen.ts';

suite('the sockets of the DNS forwarder', () => {
  test('are UDP and TCP on one port', async () => {
    const { udp, tcp, port } = await listenDns('127.0.0.1', 0);
    assert.equal(udp.address().port, port);
    assert.deepEqual(tcp.address(), { address: '127.0.0.1', family: 'IPv4', port });
    udp.close();
    tcp.close();
  });

  test('leave nothing open when the port is taken', async () => {
    const first = await listenDns('127.0.0.1', 0);
    await assert.rejects(listenDns('127.0.0.1', first.port), { code: 'EADDRINUSE' });
    first.tcp.close();
    await assert.rejects(listenDns('127.0.0.1', first.port), { code: 'EADDRINUSE' }, 'UDP is still taken');
    first.udp.close();
  });
});
