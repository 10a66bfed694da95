/** A peer that was switched off: its packets and its FIN never come. Keepalive ends the connection, on both legs, and both ends are told. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import { clientSection } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { receiverCertificate, startHttps } from '../support/overcoat/gateway.ts';
import { requires } from '../support/requirements.ts';

const skip = requires({ netns: true, packages: ['iptables', 'nginx', 'curl', 'netcat-openbsd'] });
/** Two probes, a second apart, after a second of silence. */
const KEEPALIVE = ['SO_KEEPALIVE=1', 'TCP_KEEPIDLE=1', 'TCP_KEEPINTVL=1', 'TCP_KEEPCNT=2'];

suite('a peer without power', { skip, concurrency: 2 }, () => {
  for (const [who, side, device] of [
    ['the server', 'r', 'eth1'],
    ['the client', 'l', 'eth0'],
  ] as const)
    test(`is given up: ${who}`, async (t) => {
      const net = openThreeHosts();
      t.after(() => net.close());
      await startHttps(t, net, [443]);
      const connect = `${net.wan.right.v4}:443`;
      const socket = KEEPALIVE.map((option) => `${side}:${option}`);
      const service = clientSection('svc', { accept: '0.0.0.0:8080', connect, socket, pin: receiverCertificate(net).certFile });
      const daemon = await startDaemon(t, { config: service, place: net.gateway });
      const client = net.sender.start(['nc', '-n', net.lan.right.v4, '8080'], { keepInput: true });
      await daemon.line('Certificate accepted');
      await net.gateway.shell(`iptables -A INPUT -i ${device} -j DROP; iptables -A OUTPUT -o ${device} -j DROP`);
      await daemon.line(/Connection (?:reset|closed)/);
      await daemon.line('finished (0 left)');
      if (who === 'the server') await eventually('the client is told', () => client.ended);
      else client.kill('SIGKILL');
      assert.equal(daemon.lines.filter((line) => line.includes('finished (')).length, 1);
      await daemon.stop();
    });
});
