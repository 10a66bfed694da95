/**
 * A lock that processes and hosts share by a folder, also on NFS: a file that link(2) puts in its place, which is atomic there where O_EXCL
 * and flock(2) may not be. It names its owner and is written anew as long as the work goes on; one that nobody has written for its lease is
 * taken away. That is found out by looking at it for so long, never by comparing the clocks of two hosts.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';

/** The lock of somebody else. */
export interface Held {
  readonly holder: string;
}

export interface LeaseOptions {
  /** So long a silent owner is believed to be alive. */
  readonly leaseMs: number;
  /** A clock that is never set. */
  readonly now?: () => number;
}

interface Owner {
  readonly host: string;
  readonly pid: number;
  /** This boot and this process's namespace of process ids: only there `pid` means something to another process. */
  readonly realm: string;
  readonly id: string;
  readonly count: number;
}

/** Locks that were seen in other hands: how long ago has each last changed? */
export class Leases {
  readonly #leaseMs: number;
  readonly #now: () => number;
  readonly #seen = new Map<string, { readonly text: string; readonly at: number }>();

  constructor({ leaseMs, now = () => performance.now() }: LeaseOptions) {
    this.#leaseMs = leaseMs;
    this.#now = now;
  }

  /**
   * Takes the lock, or says who has it; nothing is waited for.
   * @param file where it stands; its folder exists
   * @throws NodeJS.ErrnoException where files cannot be made there
   */
  async take(file: string): Promise<Lease | Held> {
    const id = randomBytes(8).toString('hex');
    if (await place(file, id)) return this.#hold(file, id);
    const text = await readOr(file);
    if (text !== undefined && !this.#isOver(file, text)) return { holder: holderOf(text) };
    if (text !== undefined && !(await removeIf(file, text, id))) return { holder: holderOf(text) };
    this.#seen.delete(file);
    return (await place(file, id)) ? this.#hold(file, id) : { holder: holderOf((await readOr(file)) ?? '') };
  }

  #hold(file: string, id: string): Lease {
    this.#seen.delete(file);
    return new Lease(file, id, this.#leaseMs / 3);
  }

  #isOver(file: string, text: string): boolean {
    if (hasDied(text)) return true;
    const seen = this.#seen.get(file);
    if (seen?.text !== text) this.#seen.set(file, { text, at: this.#now() });
    return seen?.text === text && this.#now() - seen.at >= this.#leaseMs;
  }
}

/** A lock of ours, until it is given back. */
export class Lease {
  readonly #file: string;
  readonly #id: string;
  readonly #timer: NodeJS.Timeout;
  #count = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(file: string, id: string, everyMs: number) {
    this.#file = file;
    this.#id = id;
    this.#timer = setInterval(() => {
      this.#writing = this.#writing.then(() => this.#writeAgain()).catch(() => undefined);
    }, everyMs).unref();
  }

  async #writeAgain(): Promise<void> {
    if (!(await this.isOurs())) return clearInterval(this.#timer);
    this.#count += 1;
    const next = `${this.#file}.${this.#id}`;
    await writeFile(next, ownerText(this.#id, this.#count), { mode: 0o600 });
    await rename(next, this.#file);
  }

  /** false: we were silent for so long that somebody else has taken it. */
  async isOurs(): Promise<boolean> {
    return ownerOf((await readOr(this.#file)) ?? '')?.id === this.#id;
  }

  async giveBack(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    if (await this.isOurs()) await rm(this.#file, { force: true });
  }
}

/** @returns whether the lock is ours now */
async function place(file: string, id: string): Promise<boolean> {
  const own = `${file}.${id}`;
  await writeFile(own, ownerText(id, 0), { flag: 'wx', mode: 0o600 });
  try {
    await link(own, file).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EEXIST') throw cause;
    });
    // the answer to link may be lost on its way, and be a refusal when it is repeated: what counts is that there are two names now
    return (await stat(own)).nlink === 2;
  } finally {
    await rm(own, { force: true });
  }
}

/** Takes it away unless it has changed. Of several who try, one has renamed it; what it renamed by mistake it puts back. */
async function removeIf(file: string, text: string, id: string): Promise<boolean> {
  const aside = `${file}.${id}.old`;
  try {
    await rename(file, aside);
  } catch {
    return true; // somebody else has taken it away
  }
  const same = (await readOr(aside)) === text;
  if (!same) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
  return same;
}

async function readOr(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
}

function ownerText(id: string, count: number): string {
  return `${JSON.stringify({ host: hostname(), pid: process.pid, realm: realm(), id, count } satisfies Owner)}\n`;
}

function ownerOf(text: string): Owner | undefined {
  try {
    return JSON.parse(text) as Owner;
  } catch {
    return undefined;
  }
}

function holderOf(text: string): string {
  const owner = ownerOf(text);
  return owner === undefined ? 'another process' : `process ${owner.pid} on ${owner.host}`;
}

function hasDied(text: string): boolean {
  const owner = ownerOf(text);
  if (owner === undefined || owner.realm !== realm() || !Number.isInteger(owner.pid) || owner.pid <= 0) return false;
  try {
    process.kill(owner.pid, 0);
    return false;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Empty where it cannot be told, which is nobody's. */
function realm(): string {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return randomBytes(8).toString('hex');
  }
}
