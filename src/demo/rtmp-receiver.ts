/**
 * A real RTMP receiver that records what it is sent: nginx with its RTMP module where both are installed, else ffmpeg listening for
 * one publisher. It runs on a loopback port of its own and reads no configuration of the machine.
 */
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { OvercoatError } from '../errors.ts';
import { findProgram } from '../linux/files/find-program.ts';
import type { MediaTools } from './media.ts';
import type { ProgramEnd } from './programs.ts';
import { runProgram } from './programs.ts';
import { portOf } from './tap.ts';

const MODULE_FOLDERS = ['/usr/lib/nginx/modules', '/usr/lib64/nginx/modules', '/usr/local/lib/nginx/modules', '/usr/local/libexec/nginx'];

export interface RtmpReceiver {
  readonly program: string;
  readonly port: number;
  /** Path of the recording; call after the publisher has gone. Rejects when nothing was recorded. */
  recording(): Promise<string>;
}

/** Where a receiver works: an empty folder for its files; it ends when the signal aborts. */
export interface ReceiverPlace {
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** nginx with its RTMP module where both are there and work, else ffmpeg. It may refuse connections for a moment after this. */
export async function startRtmpReceiver(tools: MediaTools, place: ReceiverPlace): Promise<RtmpReceiver> {
  const nginx = findProgram('nginx');
  const module = MODULE_FOLDERS.map((folder) => join(folder, 'ngx_rtmp_module.so')).find((path) => existsSync(path));
  const found = nginx === undefined || module === undefined ? undefined : await startNginxReceiver({ nginx, module }, place);
  return found ?? startFfmpegReceiver(tools.ffmpeg, place);
}

/** @returns undefined where this nginx refuses the configuration */
export async function startNginxReceiver(
  { nginx, module }: { readonly nginx: string; readonly module: string },
  { folder, signal }: ReceiverPlace,
): Promise<RtmpReceiver | undefined> {
  const port = await freePort();
  const recordings = join(folder, 'recordings');
  mkdirSync(recordings);
  const config = join(folder, 'nginx.conf');
  const application = `application live { live on; record all; record_path "${recordings}"; record_suffix .flv; }`;
  // One process, without a master: it writes as the user who runs the demo and is gone when it is killed.
  const lines = [
    `load_module "${module}";`,
    'daemon off;',
    'master_process off;',
    `pid "${folder}/nginx.pid";`,
    'error_log stderr error;',
    'events {}',
    `rtmp { access_log off; server { listen 127.0.0.1:${port}; chunk_size 4096; ${application} } }`,
  ];
  writeFileSync(config, lines.join('\n'));
  const argv = [nginx, '-p', folder, '-c', config, '-e', 'stderr'] as const;
  if ((await runProgram([...argv, '-t'], signal)).code !== 0) return undefined;
  const ended = quietly(runProgram(argv, signal));
  return { program: 'nginx with its RTMP module', port, recording: () => onlyRecording(recordings, ended) };
}

export async function startFfmpegReceiver(ffmpeg: string, { folder, signal }: ReceiverPlace): Promise<RtmpReceiver> {
  const port = await freePort();
  const input = ['-listen', '1', '-i', `rtmp://127.0.0.1:${port}/live/demo`];
  const ended = quietly(runProgram([ffmpeg, '-v', 'error', '-y', ...input, '-c', 'copy', '-f', 'flv', join(folder, 'demo.flv')], signal));
  return {
    program: 'ffmpeg -listen 1',
    port,
    recording: async () => {
      await ended; // the file is complete when ffmpeg has ended, which it does after its one publisher
      return onlyRecording(folder, ended);
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
