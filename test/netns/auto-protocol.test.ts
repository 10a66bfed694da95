/**
 * One gateway, many protocols: a client's mail programs go through `overcoat gateway` to a real Postfix and Dovecot that insist on TLS.
 * Nothing is configured but the ports; what is spoken before TLS is chosen by the destination's, and nothing crosses the far link in clear.
 */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { Capture } from '../support/net/capture.ts';
import type { ThreeHosts } from '../support/net/netns.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { GATEWAY_PACKAGES, receiverCertificate, startGateway } from '../support/overcoat/gateway.ts';
import { FRED, startDovecot } from '../support/peers/dovecot.ts';
import type { Postfix } from '../support/peers/postfix.ts';
import { startPostfix } from '../support/peers/postfix.ts';
import type { Finished } from '../support/program.ts';
import { runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const PACKAGES = [
  ...GATEWAY_PACKAGES,
  'postfix',
  'dovecot-imapd',
  'dovecot-pop3d',
  'dovecot-lmtpd',
  'dovecot-managesieved',
  'tcpdump',
  'tshark',
];

suite('protocol = auto on a gateway', { skip: requires({ netns: true, packages: PACKAGES }) }, () => {
  const t = suiteEnd();
  let net: ThreeHosts;
  let gateway: Daemon;
  let postfix: Postfix;
  let address: string;

  before(async () => {
    net = openThreeHosts();
    t.after(() => net.close());
    address = net.wan.right.v4;
    const { certFile, keyFile } = receiverCertificate(net);
    const common = { certFile, keyFile, wellKnown: address, place: net.receiver };
    const dovecot = await startDovecot({ directory: tempFolder(t), ...common });
    t.after(() => dovecot.stop());
    postfix = await startPostfix({ directory: tempFolder(t), ...common, saslSocket: dovecot.saslSocket });
    t.after(() => postfix.stop());
    gateway = await startGateway(t, net.gateway, ['--ports', '25,110,143', '--pin', certFile, '--debug', '7']);
  });

  const curl = (...args: string[]): Promise<Finished> => runProgram(['curl', '-sv', '--max-time', '30', ...args], { place: net.sender });

  test('mail goes out and comes in, and the far link sees TLS', async () => {
    const { message } = writeFiles(tempFolder(t), { message: 'Subject: hello\r\n\r\nA secret for the far side.\r\n' });
    const capture = await Capture.start(net.wan.left);
    t.after(() => capture.close());
    const sent = await curl(`smtp://${address}`, '--mail-from', 'a@example.net', '--mail-rcpt', 'b@example.test', '-T', message);
    assert.equal(sent.code, 0, `${sent.stderr}\n${gateway.lines.slice(-30).join('\n')}`);
    for (const name of ['imap', 'pop3']) {
      const read = await curl(`${name}://${address}/`, '-u', `${FRED.name}:${FRED.password}`);
      assert.equal(read.code, 0, `${read.stderr}\n${gateway.lines.slice(-30).join('\n')}`);
    }
    await eventually('the message arrives', () => postfix.messages().some((text) => text.includes('A secret for the far side.')));
    await capture.stop();
    const streams = await capture.tcpStreams();
    assert.equal(streams.length, 3);
    for (const { fromClient, fromServer } of streams) {
      const clear = `${fromClient.toString('latin1')}${fromServer.toString('latin1')}`;
      assert.match(clear, /STARTTLS|STLS/, 'the negotiation itself is in clear');
      for (const secret of ['A secret', 'MAIL FROM', 'AUTH PLAIN', 'AUTHENTICATE', FRED.password])
        assert.ok(!clear.includes(secret), secret);
    }
  });

  test('nothing is left', () => gateway.stop());
});
