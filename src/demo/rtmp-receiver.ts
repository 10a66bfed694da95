/**
 * A real RTMP receiver that records what it is sent: nginx with its RTMP module where both are installed, else ffmpeg listening for
 * one publisher. It runs on a loopback port of its own and reads no configuration of the machine.
 */
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { OvercoatError } from '../errors.ts';
import type { MediaTools } from './media.ts';
import type { ProgramEnd } from './programs.ts';
import { findProgram, runProgram } from './programs.ts';
import { portOf } from './tap.ts';

const MODULE_FOLDERS = ['/usr/lib/nginx/modules', '/usr/lib64/nginx/modules', '/usr/local/lib/nginx/modules', '/usr/local/libexec/nginx'];

export interface RtmpReceiver {
  readonly program: string;
  readonly port: number;
  /** Path of the recording; call after the publisher has gone. Rejects when nothing was recorded. */
  recording(): Promise<string>;
}

/** Starts a receiver that records into `directory`; it ends when the signal aborts. It may refuse connections for a moment. */
export async function startRtmpReceiver(tools: MediaTools, directory: string, signal: AbortSignal): Promise<RtmpReceiver> {
  const port = await freePort();
  const nginx = findProgram('nginx');
  const module = MODULE_FOLDERS.map((folder) => join(folder, 'ngx_rtmp_module.so')).find((path) => existsSync(path));
  return nginx === undefined || module === undefined
    ? startFfmpegReceiver(tools, directory, port, signal)
    : startNginxReceiver(nginx, module, directory, port, signal);
}

export function startNginxReceiver(nginx: string, module: string, directory: string, port: number, signal: AbortSignal): RtmpReceiver {
  mkdirSync(join(directory, 'logs'), { recursive: true });
  const recordings = join(directory, 'recordings');
  mkdirSync(recordings);
  const config = join(directory, 'nginx.conf');
  const application = `application live { live on; record all; record_path ${recordings}; record_suffix .flv; }`;
  const server = `rtmp { server { listen 127.0.0.1:${port}; chunk_size 4096; ${application} } }`;
  // One process, without a master: it writes as the user who runs the demo and is gone when it is killed.
  const main = `load_module ${module};\ndaemon off;\nmaster_process off;\npid ${directory}/nginx.pid;\nerror_log stderr error;\nevents {}\n`;
  writeFileSync(config, `${main}${server}\n`);
  const ended = quietly(runProgram([nginx, '-p', directory, '-c', config, '-e', 'stderr'], signal));
  return { program: 'nginx with its RTMP module', port, recording: () => onlyRecording(recordings, ended) };
}

export function startFfmpegReceiver(tools: MediaTools, directory: string, port: number, signal: AbortSignal): RtmpReceiver {
  const file = join(directory, 'demo.flv');
  const url = `rtmp://127.0.0.1:${port}/live/demo`;
  const ended = quietly(
    runProgram([tools.ffmpeg, '-v', 'error', '-y', '-listen', '1', '-i', url, '-c', 'copy', '-f', 'flv', file], signal),
  );
  return {
    program: 'ffmpeg -listen 1',
    port,
    recording: async () => {
      await ended; // the file is complete when ffmpeg has ended, which it does after its one publisher
      return onlyRecording(directory, ended);
    },
  };
}

/** A failure to start shows as a missing recording, with the program's complaint. */
async function quietly(end: Promise<ProgramEnd>): Promise<string> {
  try {
    return (await end).complaint;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function onlyRecording(folder: string, ended: Promise<string>): Promise<string> {
  const name = readdirSync(folder).find((entry) => entry.endsWith('.flv'));
  if (name !== undefined) return join(folder, name);
  const complaint = await Promise.race([ended, Promise.resolve('')]);
  throw new OvercoatError('demo_failed', `the RTMP receiver recorded nothing${complaint === '' ? '' : `: ${complaint}`}`);
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
}
