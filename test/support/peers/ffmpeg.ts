/** Debian's ffmpeg and ffprobe (package ffmpeg): makes a small real media file, publishes it over RTMP, and reads what was recorded. */
import type { Place } from '../program.ts';
import { outputOf, Program, thisMachine } from '../program.ts';

/** What ffprobe found in a file. Packets are counted, not taken from a header. */
export interface Media {
  /** Seconds. */
  readonly duration: number;
  readonly video: MediaStream | undefined;
  readonly audio: MediaStream | undefined;
}

export interface MediaStream {
  readonly codec: string;
  readonly packets: number;
}

/** Writes H.264 and AAC of the given length, 25 frames a second, a key frame each second. `path` ends in .flv or .mp4. */
export async function makeMedia(path: string, seconds: number): Promise<void> {
  const video = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25'];
  const audio = ['-f', 'lavfi', '-i', 'sine=frequency=440'];
  const codecs = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];
  await outputOf(['ffmpeg', '-v', 'error', '-y', ...video, ...audio, '-t', String(seconds), ...codecs, path]);
}

/** Starts publishing a file as it is, in real time, to an `rtmp://` address. Ends by itself with exit code 0 after the last frame. */
export function startPublishing(file: string, url: string, place: Place = thisMachine): Program {
  return new Program(['ffmpeg', '-v', 'warning', '-re', '-i', file, '-c', 'copy', '-f', 'flv', url], { place });
}

/** Reads streams, packets and duration of a media file. */
export async function probe(file: string): Promise<Media> {
  const entries = 'stream=codec_type,codec_name,nb_read_packets:format=duration';
  const text = await outputOf(['ffprobe', '-v', 'error', '-count_packets', '-show_entries', entries, '-of', 'json', file]);
  const found = JSON.parse(text) as { streams: Record<string, string>[]; format: { duration?: string } };
  const stream = (type: string): MediaStream | undefined => {
    const entry = found.streams.find((each) => each['codec_type'] === type);
    return entry && { codec: entry['codec_name'] ?? '', packets: Number(entry['nb_read_packets']) };
  };
  return { duration: Number(found.format.duration ?? 0), video: stream('video'), audio: stream('audio') };
}
