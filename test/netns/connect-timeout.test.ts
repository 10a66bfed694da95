/** TIMEOUTconnect: an address that never answers costs its limit, then the next one is tried; the line says which it was. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Network } from '../support/net/netns.ts';
import { clientSection } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { requires } from '../support/requirements.ts';

const skip = requires({ netns: true, packages: ['iptables', 'netcat-openbsd', 'openssl'] });

test('a silent address, a refusing one, then one that answers', { skip }, async (t) => {
  const network = new Network();
  t.after(() => network.close());
  const host = network.addHost('host');
  await host.shell('iptables -A INPUT -p tcp --dport 9 -j DROP');
  const server = host.start(['nc', '-v', '-n', '-l', '127.0.0.1', '7000'], { keepInput: true });
  await server.saw(/[Ll]istening/);
  const timeouts = { TIMEOUTconnect: 1, TIMEOUTbusy: 2 };
  const silent = clientSection('silent', { accept: 1234, connect: [9, 10], ...timeouts });
  const last = clientSection('last', { accept: 1235, connect: [9, 7000], ...timeouts });
  const daemon = await startDaemon(t, { config: silent + last, place: host });

  await host.shell('nc -n -w 20 127.0.0.1 1234 </dev/null || true');
  await daemon.line('LOG3[0]: s_connect: s_poll_wait 127.0.0.1:9: TIMEOUTconnect exceeded');
  await daemon.line('LOG3[0]: s_connect: connect 127.0.0.1:10: Connection refused (111)');
  await daemon.line('LOG3[0]: No more addresses to connect');

  await host.shell('nc -n -w 20 127.0.0.1 1235 </dev/null || true');
  await daemon.line('LOG3[1]: s_connect: s_poll_wait 127.0.0.1:9: TIMEOUTconnect exceeded');
  await daemon.line('LOG5[1]: s_connect: connected 127.0.0.1:7000');
  assert.equal(
    daemon.lines.some((line) => line.includes('LOG3[1]: No more addresses')),
    false,
  );
  server.kill('SIGKILL');
  await daemon.stop();
});
