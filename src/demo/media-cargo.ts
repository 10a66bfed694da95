/**
 * The demo with real programs: ffmpeg publishes a real media file over RTMP, which it cannot encrypt, to a real RTMP receiver that
 * records it. Taps right behind the sender and right before the receiver hash what it sent and what arrived.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cargo, Delivery, Progress } from './cargo.ts';
import type { MediaFrames, MediaTools } from './media.ts';
import { countFrames, MEDIA_SECONDS, makeMedia, publishMedia } from './media.ts';
import { Meter } from './meter.ts';
import type { RtmpReceiver } from './rtmp-receiver.ts';
import { startRtmpReceiver } from './rtmp-receiver.ts';
import { Tap } from './tap.ts';

/** How long a receiver may take to finish its file after the publisher has gone. */
const LOOKS_AT_RECORDING = 30;
const LOOK_EVERY_MS = 100;

/** Makes the media file and starts the receiver; both in `folder`. */
export async function mediaCargo(tools: MediaTools, folder: string, signal: AbortSignal): Promise<Cargo> {
  const file = join(folder, 'media.flv');
  const recordings = join(folder, 'receiver');
  mkdirSync(recordings);
  await makeMedia(tools, file, signal);
  const receiver = await startRtmpReceiver(tools, { folder: recordings, signal });
  const before = await Tap.open(() => receiver.port, new Meter(true));
  const sent = new Meter(true);
  const ends = { tools, file, receiver, sent, received: before, signal };
  return {
    sender: `ffmpeg, publishing ${MEDIA_SECONDS} s of video and sound by RTMP`,
    receiver: `${receiver.program}, recording`,
    port: before.port,
    sent,
    received: before.meter,
    ship: (port, progress) => ship(ends, port, progress),
    close: () => before.close(),
  };
}

interface Ends {
  readonly tools: MediaTools;
  readonly file: string;
  readonly receiver: RtmpReceiver;
  readonly sent: Meter;
  readonly received: Tap;
  readonly signal: AbortSignal;
}

async function ship({ tools, file, receiver, sent, received, signal }: Ends, port: number, progress: Progress): Promise<Delivery> {
  const behind = await Tap.open(() => port, sent);
  try {
    const source = await countFrames(tools, file, signal);
    const url = `rtmp://127.0.0.1:${behind.port}/live/demo`;
    const onFrame = (frame: number): void =>
      progress(`frame ${frame} of ${source.video}, ${sent.bytes} bytes sent, ${received.meter.bytes} received`);
    await publishMedia(tools, { file, url, signal, onFrame });
    await Promise.all([behind.settled(), received.settled()]);
    const recorded = await recordedFrames(tools, receiver, source, signal);
    const frames = { sent: frameText(source), recorded: frameText(recorded) };
    return { sentSha256: sent.digest(), receivedSha256: received.meter.digest(), frames };
  } finally {
    await behind.close();
  }
}

/** What the receiver has on file; looked at until it agrees, or for a few seconds. */
async function recordedFrames(tools: MediaTools, receiver: RtmpReceiver, source: MediaFrames, signal: AbortSignal): Promise<MediaFrames> {
  const path = await receiver.recording();
  for (let look = 1; ; look += 1) {
    const found = await countFrames(tools, path, signal);
    if (frameText(found) === frameText(source) || look === LOOKS_AT_RECORDING) return found;
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
}

function frameText({ video, audio }: MediaFrames): string {
  return `${video} of video, ${audio} of sound`;
}
