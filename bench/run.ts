/** Starts a proxy between the load generator's clients and its backend for one measurement, and takes all of it down again. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAuthority } from '../src/demo/throwaway-authority.ts';
import type { Place } from '../test/support/program.ts';
import { thisMachine } from '../test/support/program.ts';
import { Backend, buildLoadGenerator, Clients } from './load/load.ts';
import type { Memory } from './process-tree.ts';
import { cpuSeconds, memoryOf } from './process-tree.ts';
import type { Mode, Setup, Subject } from './subjects/subject.ts';

const START_LIMIT_MS = 10_000;
const POLL_MS = 2;

/** Nothing of a run outlives it, also when it is interrupted: `exit` is where the rest is taken down as well (test/support/program.ts). */
const proxies = new Set<ChildProcess>();
process.once('exit', () => {
  for (const proxy of proxies) proxy.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

/** What all measurements of a run share: the load generator and the files of one throwaway authority. */
export interface Material {
  readonly folder: string;
  readonly program: string;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly bothFile: string;
}

/** The folder goes when the process ends. */
export function makeMaterial(): Material {
  const folder = mkdtempSync(join(tmpdir(), 'overcoat-bench-'));
  chmodSync(folder, 0o755);
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const authority = createAuthority();
  const leaf = authority.issue({ dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] });
  const put = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  return {
    folder,
    program: buildLoadGenerator(folder),
    caFile: put('ca.pem', authority.certificate),
    certFile: put('cert.pem', leaf.certificate),
    keyFile: put('key.pem', leaf.key),
    bothFile: put('both.pem', leaf.key + leaf.certificate),
  };
}

/** Where the three parties stand, and the IPv4 addresses of the proxy towards the clients and of the backend. */
export interface Site {
  readonly clients: Place;
  readonly proxy: Place;
  readonly backend: Place;
  readonly listenHost: string;
  readonly targetHost: string;
}

const LOOPBACK: Site = {
  clients: thisMachine,
  proxy: thisMachine,
  backend: thisMachine,
  listenHost: '127.0.0.1',
  targetHost: '127.0.0.1',
};

export interface BenchOptions {
  readonly ciphers?: Setup['ciphers'];
  readonly site?: Site;
  /** A server of the scenario's own, in place of the load generator's backend. */
  readonly server?: { readonly address: string; readonly speaksFirst: boolean };
}

export class Bench {
  /** Where the proxy listens, `HOST:PORT`. */
  readonly listen: string;
  readonly pid: number;
  /** From the start of the process to the first accepted connection, in milliseconds. */
  readonly startMs: number;
  readonly clients: Clients;
  readonly #parts: Parts;

  private constructor(parts: Parts, listen: string, startMs: number) {
    this.#parts = parts;
    this.listen = listen;
    this.pid = parts.proxy.pid ?? 0;
    this.startMs = startMs;
    this.clients = parts.newClients();
  }

  static async start(subject: Subject, mode: Mode, material: Material, options: BenchOptions = {}): Promise<Bench> {
    const { ciphers = 'defaults', site = LOOPBACK, server } = options;
    const { program, caFile, certFile, keyFile, bothFile } = material;
    const backend = server === undefined ? await startBackend(mode, material, site) : undefined;
    const target = server?.address ?? backend?.address ?? '';
    const listen = `${site.listenHost}:${await freePort()}`;
    const folder = mkdtempSync(join(material.folder, 'proxy-'));
    chmodSync(folder, 0o777);
    const serverFirst = server?.speaksFirst ?? false;
    const setup: Setup = { mode, listen, target, serverFirst, folder, caFile, certFile, keyFile, bothFile, ciphers };
    const [command = '', ...words] = site.proxy.enter(subject.command(setup));
    const startedAt = performance.now();
    const proxy = spawn(command, words, { stdio: 'ignore' });
    proxies.add(proxy);
    proxy.once('exit', () => proxies.delete(proxy));
    try {
      await serving(proxy, async () => subject.ready?.(setup) ?? (await accepts(listen)));
    } catch (cause) {
      proxy.kill('SIGKILL');
      backend?.stop();
      throw cause;
    }
    const startMs = performance.now() - startedAt;
    const address = subject.intercepts === true ? target : listen;
    const newClients = (): Clients => new Clients({ program, withTls: mode === 'server', caFile, place: site.clients, address });
    const unwatch = await subject.watch?.(setup);
    return new Bench({ proxy, backend, newClients, folder, unwatch }, listen, startMs);
  }

  /** Starts, does the work, and takes everything down again however that ends. */
  static async during<T>(
    subject: Subject,
    mode: Mode,
    material: Material,
    work: (bench: Bench) => Promise<T>,
    options: BenchOptions = {},
  ): Promise<T> {
    const bench = await Bench.start(subject, mode, material, options);
    try {
      return await work(bench);
    } finally {
      await bench.stop();
    }
  }

  /** CPU seconds of the proxy so far. */
  cpu(): number {
    return cpuSeconds(this.pid);
  }

  /** Memory of the proxy now. */
  memory(): Memory {
    return memoryOf(this.pid);
  }

  /** CPU seconds of the load generator so far: what this bench must keep low. */
  loadCpu(): number {
    return this.clients.cpu() + (this.#parts.backend?.cpu() ?? 0);
  }

  /** Further clients, which can do something else at the same time. The caller stops them. */
  moreClients(): Clients {
    return this.#parts.newClients();
  }

  async stop(): Promise<void> {
    const { proxy, backend, folder, unwatch } = this.#parts;
    unwatch?.();
    this.clients.stop();
    const ended = new Promise((resolve) => proxy.once('exit', resolve));
    proxy.kill('SIGTERM');
    await Promise.race([ended, sleep(1500)]);
    proxy.kill('SIGKILL');
    backend?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Parts {
  readonly proxy: ChildProcess;
  readonly backend: Backend | undefined;
  readonly newClients: () => Clients;
  readonly folder: string;
  readonly unwatch: (() => void) | undefined;
}

function startBackend(mode: Mode, { program, certFile, keyFile }: Material, { backend, targetHost }: Site): Promise<Backend> {
  return Backend.start({ program, withTls: mode === 'client', certFile, keyFile, place: backend, host: targetHost });
}

export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function serving(proxy: ChildProcess, ready: () => Promise<boolean>): Promise<void> {
  const until = performance.now() + START_LIMIT_MS;
  while (!(await ready())) {
    if (proxy.exitCode !== null) throw new Error(`${proxy.spawnfile} ended with ${proxy.exitCode} instead of listening`);
    if (performance.now() > until) throw new Error(`${proxy.spawnfile} did not listen within ${START_LIMIT_MS} ms`);
    await sleep(POLL_MS);
  }
}

function accepts(address: string): Promise<boolean> {
  const [host = '', port] = address.split(':');
  return new Promise<boolean>((resolve) => {
    const probe = net.connect(Number(port), host);
    probe.once('error', () => resolve(false));
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
  });
}
