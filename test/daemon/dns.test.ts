import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { bindDns } from '../../src/daemon/dns.ts';

suite('the sockets of the DNS forwarder', () => {
  test('are UDP and TCP on one port, in either family', () => {
    for (const address of ['127.0.0.1', '::1']) {
      const { udp, tcp, port } = bindDns({ address, port: 0 });
      assert.deepEqual(
        [udp.address(), tcp.address()],
        [
          { address, port },
          { address, port },
        ],
      );
      udp.close();
      tcp.close();
    }
  });

  test('leave nothing open when the port is taken', () => {
    const first = bindDns({ address: '127.0.0.1', port: 0 });
    assert.throws(() => bindDns({ address: '127.0.0.1', port: first.port }), { code: 'EADDRINUSE' });
    first.tcp.close();
    assert.throws(() => bindDns({ address: '127.0.0.1', port: first.port }), { code: 'EADDRINUSE' }, 'UDP is still taken');
    first.udp.close();
    const again = bindDns({ address: '127.0.0.1', port: first.port });
    again.udp.close();
    again.tcp.close();
  });

  test('of all addresses are one pair for each family', () => {
    const six = bindDns({ address: '::', port: 0 });
    const four = bindDns({ address: '0.0.0.0', port: six.port });
    for (const socket of [six.udp, six.tcp, four.udp, four.tcp]) socket.close();
  });
});
