/** Both kinds of receiver the demo can use record what a real ffmpeg publishes, and are gone when the signal aborts. */
// Tests: src/demo/media.ts
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import type { MediaTools } from '../../src/demo/media.ts';
import { countFrames, findMediaTools, makeMedia, publishMedia } from '../../src/demo/media.ts';
import { Meter } from '../../src/demo/meter.ts';
import type { RtmpReceiver } from '../../src/demo/rtmp-receiver.ts';
import { startFfmpegReceiver, startNginxReceiver } from '../../src/demo/rtmp-receiver.ts';
import { Tap } from '../../src/demo/tap.ts';
import { findProgram } from '../../src/linux/files/find-program.ts';
import { eventually } from '../support/eventually.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const NGINX_MODULE = '/usr/lib/nginx/modules/ngx_rtmp_module.so';

suite('receivers of the demo', { concurrency: true }, () => {
  test('ffmpeg', { skip: requires({ packages: ['ffmpeg'] }) }, (t) =>
    recordsEverything(t, (tools, folder, signal) => startFfmpegReceiver(tools.ffmpeg, { folder, signal })),
  );

  test('nginx', { skip: requires({ packages: ['ffmpeg', 'nginx', 'libnginx-mod-rtmp'] }) }, (t) =>
    recordsEverything(t, (_, folder, signal) =>
      startNginxReceiver({ nginx: findProgram('nginx') ?? '', module: NGINX_MODULE }, { folder, signal }),
    ),
  );

  test('an nginx that cannot be used is not', { skip: requires({ packages: ['ffmpeg', 'nginx'] }) }, async (t) => {
    const found = { nginx: findProgram('nginx') ?? '', module: '/nowhere/ngx_rtmp_module.so' };
    assert.equal(await startNginxReceiver(found, { folder: tempFolder(t), signal: AbortSignal.timeout(30_000) }), undefined);
  });
});

type Start = (tools: MediaTools, folder: string, signal: AbortSignal) => Promise<RtmpReceiver | undefined>;

async function recordsEverything(t: TestContext, start: Start): Promise<void> {
  const tools = findMediaTools();
  assert.ok(tools !== undefined);
  const folder = tempFolder(t);
  const stop = new AbortController();
  t.after(() => stop.abort());
  const receiver = await start(tools, folder, stop.signal);
  assert.ok(receiver !== undefined);
  const file = join(tempFolder(t), 'media.flv');
  await makeMedia(tools, file, stop.signal, 1);
  const tap = await Tap.open(() => receiver.port, new Meter(false)); // since the receiver may still be starting
  t.after(() => tap.close());
  let frames = 0;
  const onFrame = (frame: number): void => {
    frames = frame;
  };
  await publishMedia(tools, { file, url: `rtmp://127.0.0.1:${tap.port}/live/demo`, signal: stop.signal, onFrame });
  assert.equal(frames, 25);
  const sent = await countFrames(tools, file, stop.signal);
  assert.equal(sent.video, 25);
  const recording = await receiver.recording();
  assert.ok(existsSync(recording));
  await eventually('everything is recorded', async () => {
    assert.deepEqual(await countFrames(tools, recording, stop.signal), sent);
    return true;
  });
}
