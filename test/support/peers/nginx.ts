/**
 * Debian's nginx (packages nginx, libnginx-mod-rtmp, libnginx-mod-stream) with a configuration, prefix and ports of its own; nothing
 * of /etc/nginx is read, so the dynamic modules are loaded here by path.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from '../program.ts';
import { Program, thisMachine } from '../program.ts';

const MODULES = '/usr/lib/nginx/modules';

export interface NginxOptions {
  /** Empty folder for the prefix: configuration, temporary files, recordings. */
  readonly directory: string;
  readonly place?: Place;
}

/** Starts nginx with the given top-level blocks (`rtmp {...}`, `stream {...}`, `http {...}`); resolves once its ports are open. */
export async function startNginx(blocks: string, { directory, place = thisMachine }: NginxOptions): Promise<Program> {
  const nginx = new Program(nginxArgv(blocks, directory), { place });
  await nginx.saw(/start worker process /); // the ports are bound before the first worker starts
  return nginx;
}

/** Writes the configuration. @returns the argv that starts nginx with it, for those who start it themselves */
export function nginxArgv(blocks: string, directory: string): string[] {
  mkdirSync(join(directory, 'logs'), { recursive: true });
  const config = join(directory, 'nginx.conf');
  const modules = ['rtmp', 'stream'].map((name) => `load_module ${MODULES}/ngx_${name}_module.so;`).join('\n');
  const main = `user root;\nworker_processes 1;\npid ${directory}/nginx.pid;\nerror_log stderr notice;\nevents { worker_connections 1024; }\n`;
  writeFileSync(config, `${modules}\n${main}${blocks}\n`);
  return ['nginx', '-p', directory, '-c', config, '-g', 'daemon off;'];
}

/** A real RTMP receiver that records every stream of the application `live` as FLV. */
export interface RtmpReceiver {
  readonly nginx: Program;
  /** Files recorded so far, complete ones and growing ones. */
  recordings(): string[];
  stop(): Promise<void>;
}

/** Starts nginx with its RTMP module on `address` (`HOST:PORT` or a bare port), to be published to as `rtmp://.../live/NAME`. */
export async function startRtmpReceiver(address: string, options: NginxOptions): Promise<RtmpReceiver> {
  const folder = join(options.directory, 'recordings');
  mkdirSync(folder, { recursive: true });
  const application = `application live { live on; record all; record_path ${folder}; record_suffix .flv; }`;
  const nginx = await startNginx(`rtmp { access_log off; server { listen ${address}; chunk_size 4096; ${application} } }`, options);
  return {
    nginx,
    recordings: () => readdirSync(folder).map((name) => join(folder, name)),
    stop: async () => {
      await nginx.stop();
    },
  };
}

/** The configuration of an RTMP relay: what is published to `rtmp://127.0.0.1:PORT/live/...` goes on to `url` (nginx-rtmp's `push`). */
export function rtmpRelay(port: number, url: string): string {
  return `rtmp { access_log off; server { listen 127.0.0.1:${port}; chunk_size 4096; application live { live on; push ${url}; } } }`;
}
