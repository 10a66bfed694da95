/** The ffmpeg side of the demo: a small real media file, its publication over RTMP, and counting what a file holds. */
import { OvercoatError } from '../errors.ts';
import { findProgram } from '../linux/files/find-program.ts';
import { runProgram } from './programs.ts';

/** How long the media is, in seconds; published in real time, so this is also how long the demo streams. */
export const MEDIA_SECONDS = 6;

export interface MediaTools {
  readonly ffmpeg: string;
  readonly ffprobe: string;
}

/** Compressed frames (packets) of a media file, counted, not taken from its header. */
export interface MediaFrames {
  readonly video: number;
  readonly audio: number;
}

/** @returns undefined where ffmpeg or ffprobe is not installed. */
export function findMediaTools(): MediaTools | undefined {
  const ffmpeg = findProgram('ffmpeg');
  const ffprobe = findProgram('ffprobe');
  return ffmpeg === undefined || ffprobe === undefined ? undefined : { ffmpeg, ffprobe };
}

/** Writes a test picture and a tone as FLV: H.264 where this ffmpeg can, else the codec every ffmpeg has. */
export async function makeMedia(tools: MediaTools, path: string, signal: AbortSignal, seconds = MEDIA_SECONDS): Promise<void> {
  const inputs = ['-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=25', '-f', 'lavfi', '-i', 'sine=frequency=440'];
  let complaint = '';
  for (const codec of [['libx264', '-preset', 'ultrafast'], ['flv']]) {
    const output = ['-t', String(seconds), '-g', '25', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-c:v', ...codec, path];
    const end = await runProgram([tools.ffmpeg, '-v', 'error', '-y', ...inputs, ...output], signal);
    if (end.code === 0) return;
    complaint = end.complaint;
  }
  throw new OvercoatError('demo_failed', `ffmpeg could not make the media file: ${complaint}`);
}

export interface Publication {
  readonly file: string;
  readonly url: string;
  readonly signal: AbortSignal;
  /** Gets the number of video frames sent so far, about twice a second. */
  readonly onFrame: (frame: number) => void;
}

/** Publishes a file as it is and in real time; resolves after the last frame. */
export async function publishMedia(tools: MediaTools, { file, url, signal, onFrame }: Publication): Promise<void> {
  const input = ['-nostats', '-progress', 'pipe:1', '-re', '-i', file];
  const end = await runProgram([tools.ffmpeg, '-v', 'error', ...input, '-c', 'copy', '-f', 'flv', url], signal, (text) => {
    const frame = /frame=\s*(\d+)/.exec(text)?.[1];
    if (frame !== undefined) onFrame(Number(frame));
  });
  if (end.code !== 0) throw new OvercoatError('demo_failed', `ffmpeg could not publish to ${url}: ${end.complaint}`);
}

/** Counts the frames of a file; zero of each when it cannot be read as media (yet). */
export async function countFrames(tools: MediaTools, file: string, signal: AbortSignal): Promise<MediaFrames> {
  const show = ['-count_packets', '-show_entries', 'stream=codec_type,nb_read_packets', '-of', 'json'];
  const { stdout } = await runProgram([tools.ffprobe, '-v', 'error', ...show, file], signal);
  const { streams = [] } = JSON.parse(stdout || '{}') as { streams?: { codec_type?: string; nb_read_packets?: string }[] };
  const count = (type: string) => Number(streams.find((stream) => stream.codec_type === type)?.nb_read_packets ?? 0);
  return { video: count('video'), audio: count('audio') };
}
