/** OCSP and revocation lists behind a fence: responders and servers at ports that only the configuration, or our own certificate, names. */
// Tests: src/daemon/fence/own-responders.ts
import assert from 'node:assert/strict';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { Stored } from '../support/data/certificates.ts';
import { authority, certificate, store } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { dial, echoServer } from '../support/net/tcp.ts';
import { dialTls, listenTls } from '../support/net/tls.ts';
import { clientSection, optionLines, serverSection, verified } from '../support/overcoat/config-text.ts';
import { startCommand, startDaemon } from '../support/overcoat/daemon.ts';
import { echoes, noFence } from '../support/overcoat/fence-probes.ts';
import { craftResponse, listenAsResponder } from '../support/peers/ocsp.ts';
import type { Ending } from '../support/temp.ts';

const DAY_MS = 86_400_000;

/** A certificate of ours, with its issuer, that names a responder at a port the kernel chose. */
async function named(t: Ending): Promise<{ readonly own: Stored; readonly asked: () => number; readonly url: string }> {
  const answer: { own?: Stored } = {};
  const dates = { thisUpdate: new Date(Date.now() - DAY_MS), nextUpdate: new Date(Date.now() + DAY_MS) };
  const responder = await listenAsResponder(t, () => craftResponse(answer.own as Stored, authority(), dates));
  const issued = authority().issue({ dnsNames: ['localhost'], ocspUrl: responder.url });
  answer.own = store(`responder-${new URL(responder.url).port}`, issued, authority().certificate);
  return { own: answer.own, asked: responder.asked, url: responder.url };
}

suite('behind a fence', { skip: noFence }, () => {
  test('the responder that our own certificate names is asked, at the start and when another one is named', async (t) => {
    const upstream = await echoServer(t);
    const [first, second] = [await named(t), await named(t)];
    const config = optionLines({ confine: true, reloadCerts: 'watch' });
    const daemon = await startDaemon(t, {
      config: config + serverSection('svc', { connect: upstream.port, cert: '@/own.pem' }),
      files: { 'own.pem': first.own.key + first.own.certificate + authority().certificate },
    });
    const port = await daemon.port('svc');
    await eventually('the first was asked', () => first.asked() > 0);
    assert.equal(
      daemon.lines.some((line) => line.includes('confine: what is to be served needs more')),
      false,
      'it was known before the start',
    );
    copyFileSync(second.own.bothFile, join(daemon.folder, 'own.pem'));
    await daemon.line('confine: what is to be served needs more than the fence of the workers allows: new workers take the places');
    await eventually('the second was asked', () => second.asked() > 0);
    await echoes(await dialTls(t, port, { rejectUnauthorized: false }), 'with the renewed one');
    assert.equal(
      daemon.lines.some((line) => line.includes('no OCSP staple')),
      false,
    );
    await daemon.stop({ holding: true });
  });

  test('the same of a command, in its one process', async (t) => {
    const upstream = await echoServer(t);
    const { own, asked } = await named(t);
    const args = ['server', '127.0.0.1:0', `127.0.0.1:${upstream.port}`, '--cert', own.certFile, '--key', own.keyFile, '--debug', '7'];
    const daemon = await startCommand(t, args);
    await eventually('it was asked', () => asked() > 0);
    await echoes(await dialTls(t, await daemon.port('server'), { rejectUnauthorized: false }), 'served');
    await daemon.stop();
  });

  test('a staple that cannot be fetched is said, with the fence where that may be why', async (t) => {
    const upstream = await echoServer(t);
    const { own, url } = await named(t);
    const { own: before } = await named(t);
    const args = ['server', '127.0.0.1:0', `127.0.0.1:${upstream.port}`, '--debug', '7'];
    const daemon = await startCommand(t, [...args, '--cert', before.certFile, '--key', before.keyFile]);
    // a command is one process, whose fence stays as it began
    writeFileSync(before.keyFile, own.key);
    writeFileSync(before.certFile, own.certificate + authority().certificate);
    await daemon.line(`Service [server]: no OCSP staple for our own certificate: ${url}: Permission denied; is it the fence?`);
    await echoes(await dialTls(t, await daemon.port('server'), { rejectUnauthorized: false }), 'served all the same');
    await daemon.stop();
  });

  test('the responder and the list of a configuration are asked at their ports', async (t) => {
    const far = await listenTls(t, {}, (socket) => void socket.pipe(socket));
    const dates = { thisUpdate: new Date(Date.now() - DAY_MS), nextUpdate: new Date(Date.now() + DAY_MS) };
    const responder = await listenAsResponder(t, () => craftResponse(certificate('server'), authority(), dates));
    const options = { connect: far.port, ...verified(), OCSP: responder.url };
    const daemon = await startDaemon(t, { config: optionLines({ confine: true }) + clientSection('svc', options) });
    await echoes(await dial(t, await daemon.port('svc')), 'verified');
    assert.ok(responder.asked() > 0);
    await daemon.line('OCSP: Accepted (good)');
    await daemon.stop();
  });
});
