/** Starts a proxy and the load generator for one measurement and takes them down again. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAuthority } from '../src/tls/throwaway-authority.ts';
import type { LoadReply, LoadRequest } from './load/protocol.ts';
import { cpuSeconds } from './process-tree.ts';
import type { Mode, Setup, Subject } from './subjects/subject.ts';

const START_LIMIT_MS = 10_000;

/** Files of one throwaway authority, shared by all measurements of a run. */
export interface Material {
  readonly folder: string;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly bothFile: string;
}

export function makeMaterial(): Material {
  const folder = mkdtempSync(join(tmpdir(), 'overcoat-bench-'));
  chmodSync(folder, 0o755);
  const authority = createAuthority();
  const leaf = authority.issue({ dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] });
  const put = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  return {
    folder,
    caFile: put('ca.pem', authority.certificate),
    certFile: put('cert.pem', leaf.certificate),
    keyFile: put('key.pem', leaf.key),
    bothFile: put('both.pem', leaf.key + leaf.certificate),
  };
}

export function removeMaterial(material: Material): void {
  rmSync(material.folder, { recursive: true, force: true });
}

/** The load generator: a process of its own that plays both the clients and the backend. */
export class Load {
  readonly #child: ChildProcess;
  constructor(material: Material, mode: Mode | 'plain') {
    this.#child = spawn(
      process.execPath,
      [join(import.meta.dirname, 'load', 'main.ts'), mode, material.certFile, material.keyFile, material.caFile],
      {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      },
    );
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** One request at a time. Rejects with what went wrong there. */
  ask(request: LoadRequest): Promise<LoadReply> {
    return new Promise((resolve, reject) => {
      this.#child.once('message', (reply: LoadReply) => (reply.error === undefined ? resolve(reply) : reject(new Error(reply.error))));
      this.#child.once('exit', () => reject(new Error('the load generator has ended')));
      this.#child.send(request);
    });
  }

  stop(): void {
    this.#child.removeAllListeners('exit');
    this.#child.kill('SIGKILL');
  }
}

/** A running proxy between a load generator's clients and its backend. */
export class Bench {
  readonly subject: Subject;
  readonly load: Load;
  readonly pid: number;
  readonly listenPort: number;
  /** From the start of the process to the first accepted connection, in milliseconds. */
  readonly startMs: number;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(subject: Subject, load: Load, child: ChildProcess, listenPort: number, startMs: number, folder: string) {
    this.subject = subject;
    this.load = load;
    this.#child = child;
    this.pid = child.pid ?? 0;
    this.listenPort = listenPort;
    this.startMs = startMs;
    this.#folder = folder;
  }

  static async start(subject: Subject, mode: Mode, material: Material, ciphers: Setup['ciphers'] = 'defaults'): Promise<Bench> {
    const load = new Load(material, mode);
    const { port: targetPort = 0 } = await load.ask({ kind: 'backend' });
    const listenPort = await freePort();
    const folder = mkdtempSync(join(material.folder, `${subject.name}-`));
    chmodSync(folder, 0o777);
    const [program = '', ...args] = subject.command({ mode, listenPort, targetPort, folder, ciphers, ...files(material) });
    const startedAt = performance.now();
    const child = spawn(program, args, { stdio: 'ignore' });
    await listening(listenPort, child, subject.name);
    return new Bench(subject, load, child, listenPort, performance.now() - startedAt, folder);
  }

  cpu(): number {
    return cpuSeconds(this.pid);
  }

  async stop(): Promise<void> {
    this.load.stop();
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    await Promise.race([ended, sleep(1500)]);
    this.#child.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function files({ caFile, certFile, keyFile, bothFile }: Material): Pick<Setup, 'caFile' | 'certFile' | 'keyFile' | 'bothFile'> {
  return { caFile, certFile, keyFile, bothFile };
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listening(port: number, child: ChildProcess, name: string): Promise<void> {
  const until = performance.now() + START_LIMIT_MS;
  while (performance.now() < until) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode} instead of listening`);
    const reached = await new Promise<boolean>((resolve) => {
      const probe = net.connect(port, '127.0.0.1');
      probe.once('connect', () => resolve(true));
      probe.once('error', () => resolve(false));
      probe.once('connect', () => probe.destroy());
    });
    if (reached) return;
    await sleep(2);
  }
  throw new Error(`${name} did not listen within ${START_LIMIT_MS} ms`);
}
