/**
 * `overcoat rtmps` in front of a real RTMP receiver behind a TLS front that serves nobody without the right SNI: three encoders, which enter
 * what the command has printed.
 */
// Tests: src/cli/commands/rtmps.ts
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { authority } from '../support/data/certificates.ts';
import { eventually } from '../support/eventually.ts';
import type { ThreeHosts } from '../support/net/netns.ts';
import { openThreeHosts } from '../support/net/netns.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { runOvercoat, startCommand } from '../support/overcoat/daemon.ts';
import { makeMedia, probe, startPublishing } from '../support/peers/ffmpeg.ts';
import type { RtmpReceiver } from '../support/peers/nginx.ts';
import { rtmpRelay, startNginx, startRtmpReceiver } from '../support/peers/nginx.ts';
import { startSniFront } from '../support/peers/sni-front.ts';
import { runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { suiteEnd } from '../support/suite-end.ts';
import { tempFolder } from '../support/temp.ts';

const NAME = 'live.example.test';
const packages = [
  'nginx',
  'libnginx-mod-rtmp',
  'haproxy',
  'ffmpeg',
  'iproute2',
  'gstreamer1.0-tools',
  'gstreamer1.0-plugins-base',
  'gstreamer1.0-plugins-good',
  'gstreamer1.0-plugins-bad',
];
const skip = requires({ netns: true, packages });

test('overcoat rtmps --list says what is known, and how well', async () => {
  const { code, stdout } = await runOvercoat(['rtmps', '--list']);
  assert.equal(code, 0);
  assert.match(stdout, /^youtube +YouTube Live, (unverified|verified [\d-]+): rtmps:\/\/a\.rtmps\.youtube\.com:443\/live2$/m);
  assert.match(stdout, /^kick +Kick, .*: your own address, like rtmps:/m);
});

suite('overcoat rtmps carries to a service what is published by', { skip }, () => {
  const t = suiteEnd();
  let net: ThreeHosts;
  let receiver: RtmpReceiver;
  let daemon: Daemon;
  let media: string;

  before(async () => {
    net = openThreeHosts();
    t.after(() => net.close());
    net.gateway.names({ [NAME]: net.wan.right.v4 });
    media = join(tempFolder(t), 'media.flv');
    await makeMedia(media, 3);
    receiver = await startRtmpReceiver('127.0.0.1:1935', { directory: tempFolder(t), place: net.receiver });
    await startSniFront(net.receiver, tempFolder(t), [{ port: 443, behind: { [NAME]: 1935 } }]);
    daemon = await startCommand(t, ['rtmps', `rtmps://${NAME}/live`, '--ca', authority().certFile, '--debug', '7'], { place: net.gateway });
  });

  async function arrived(stream: string): Promise<string> {
    const file = (): string => receiver.recordings().find((name) => name.includes(`/${stream}`)) ?? '';
    await eventually(`${stream} is recorded`, async () => existsSync(file()) && ((await probe(file())).audio?.packets ?? 0) > 10);
    return file();
  }

  test('ffmpeg, whose tcUrl is that of the service by then', async () => {
    const { code } = await startPublishing(media, 'rtmp://127.0.0.1/live/ffmpeg', net.gateway).finished;
    assert.equal(code, 0);
    assert.equal((await probe(await arrived('ffmpeg'))).video?.codec, 'h264');
    await daemon.line(`RTMP: tcUrl is rtmps://${NAME}/live from here on`);
  });

  test('nginx-rtmp, which pushes', async () => {
    await startNginx(rtmpRelay(1999, 'rtmp://127.0.0.1/live/pushed'), { directory: tempFolder(t), place: net.gateway });
    const { code } = await startPublishing(media, 'rtmp://127.0.0.1:1999/live/x', net.gateway).finished;
    assert.equal(code, 0);
    await arrived('pushed');
  });

  test('GStreamer', async () => {
    const pipeline =
      'audiotestsrc num-buffers=100 ! audioconvert ! voaacenc ! aacparse ! flvmux streamable=true ! rtmp2sink location=rtmp://127.0.0.1/live/gst';
    const { code, stdout, stderr } = await runProgram(['gst-launch-1.0', '-q', ...pipeline.split(' ')], { place: net.gateway });
    assert.equal(code, 0, stdout + stderr);
    await arrived('gst');
  });

  test('nobody, once it has ended', async () => {
    await daemon.stop();
  });
});
