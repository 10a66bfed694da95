/**
 * examples/compose/: what its two configurations do together, with real programs in place of the containers. A stream published to nginx
 * arrives at a service that takes RTMPS alone. That the image starts as compose.yaml asks is shown by test/release/image.test.ts.
 */
// Tests: src/cli/
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { overcoatVersion } from '../../src/self.ts';
import { authority, store } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { closedPort } from '../support/net/tcp.ts';
import { ROOT } from '../support/overcoat/checkout.ts';
import { serverSection } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { makeMedia, probe, startPublishing } from '../support/peers/ffmpeg.ts';
import { startNginx, startRtmpReceiver } from '../support/peers/nginx.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const SERVICE = 'live.example.org';
const SECONDS = 3;

/** @param replace every text must be found, so that the example cannot change away from its test */
function example(name: string, replace: Readonly<Record<string, string>> = {}): string {
  let text = readFileSync(join(ROOT, 'examples/compose', name), 'utf8');
  for (const [from, to] of Object.entries(replace)) {
    assert.ok(text.includes(from), `${name} says ${from}`);
    text = text.replace(from, to);
  }
  return text;
}

suite('the compose example', () => {
  test('runs this version with nothing that it does not need', () => {
    const compose = example('compose.yaml');
    for (const line of [`image: overcoat:${overcoatVersion()}`, 'read_only: true', 'cap_drop: [ALL]', 'no-new-privileges:true'])
      assert.ok(compose.includes(line), line);
    assert.match(compose, /\.\/overcoat\.conf:\/etc\/overcoat\/overcoat\.conf:ro/);
  });

  test('takes a stream to a service that wants RTMPS', {
    skip: requires({ packages: ['ffmpeg', 'nginx', 'libnginx-mod-rtmp'] }),
  }, async (t) => {
    const media = join(tempFolder(t), 'media.flv');
    await makeMedia(media, SECONDS);
    const [receiving, taking] = [await closedPort(), await closedPort()];
    const receiver = await startRtmpReceiver(`127.0.0.1:${receiving}`, { directory: tempFolder(t) });
    t.after(() => receiver.stop());
    const { certFile, keyFile } = store(SERVICE, authority().issue({ dnsNames: [SERVICE] }));
    const service = await startDaemon(t, { config: serverSection('rtmps', { connect: receiving, cert: certFile, key: keyFile }) });

    const overcoat = await startDaemon(t, {
      config: example('overcoat.conf', {
        'accept = 0.0.0.0:1935': 'accept = 127.0.0.1:0',
        'connect = live.example.org:443': `connect = 127.0.0.1:${await service.port('rtmps')}`,
        '/etc/ssl/certs/ca-certificates.crt': authority().certFile,
      }),
    });
    const [, rtmp = ''] =
      /^(rtmp \{[\s\S]*\n\})$/m.exec(
        example('nginx.conf', {
          'listen 1935': `listen 127.0.0.1:${taking}`,
          'overcoat:1935': `127.0.0.1:${await overcoat.port('publish')}`,
        }),
      ) ?? [];
    const nginx = await startNginx(rtmp, { directory: tempFolder(t) });
    t.after(() => nginx.stop());

    const { code } = await startPublishing(media, `rtmp://127.0.0.1:${taking}/live/key`).finished;
    assert.equal(code, 0);
    await overcoat.line('Certificate accepted');
    const arrived = await eventually('it is recorded', () => receiver.recordings()[0]);
    // nginx dials when the stream has begun already, and pushes from the next key frame on: there is one a second.
    await eventually('at least a second of it is recorded', async () => {
      const { video, audio } = await probe(arrived);
      assert.deepEqual([video?.codec, audio?.codec], ['h264', 'aac']);
      assert.ok((video?.packets ?? 0) >= 25, `${video?.packets} frames`);
      return true;
    });
    await nginx.stop();
    await overcoat.stop();
    await service.stop();
  });
});
