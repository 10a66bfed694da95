/**
 * Trust on first use (`nameMissing = pin`): the first key seen at a destination is written down, and from then on only the keys that
 * are written down for it are accepted. Several may be, for servers that share an address; only a person adds the second one.
 * Whatever is wrong with the store refuses the connection: a store that cannot be read must not make every key a first one.
 */
import type { Stats } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ipKey } from '../../address/ip.ts';
import { withLock } from './file-lock.ts';
import type { PinFile, StoredPin } from './pin-file.ts';
import { formatPin, formatPinFile, parsePinFile } from './pin-file.ts';

/** What a server showed in its handshake. */
export interface PresentedKey {
  /** Base64 of SHA-256 over its SubjectPublicKeyInfo. */
  readonly digest: string;
  readonly notAfter: Date;
}

export type PinVerdict =
  | {
      readonly kind: 'known' /** Days until the certificate expires, when it is time to say so. */;
      readonly expiresInDays: number | undefined;
    }
  | { readonly kind: 'learnt' }
  /** Other keys are on file for this destination. */
  | { readonly kind: 'mismatch'; readonly digests: readonly string[] }
  | { readonly kind: 'unusable'; readonly why: string };

/** How a connection asks; in a worker the answer comes from the supervisor. */
export interface PinChecker {
  check(destination: string, presented: PresentedKey): Promise<PinVerdict>;
}

const WARN_BEFORE_DAYS = 30;
const DAY_MS = 24 * 3600 * 1000;
const MAX_PINS = 20_000;

/** The key of a destination in the store. */
export function pinDestination(address: string, port: number): string {
  const key = ipKey(address) ?? address;
  return key.includes(':') ? `[${key}]:${port}` : `${key}:${port}`;
}

export class PinStore implements PinChecker {
  readonly #file: string;
  readonly #now: () => Date;
  #known: PinFile = { lines: [], pins: [] };
  #version = '';
  /** Writes of this process, one after the other. */
  #writing: Promise<unknown> = Promise.resolve();

  constructor(file: string, now: () => Date = () => new Date()) {
    this.#file = file;
    this.#now = now;
  }

  /** Decides about a key, and writes it down if it is the first. Never rejects. */
  async check(destination: string, presented: PresentedKey): Promise<PinVerdict> {
    try {
      const verdict = judge(await this.#read(), destination, presented, this.#now());
      if (verdict.kind !== 'learnt' && !isRenewed(this.#known, destination, presented)) return verdict;
      return await this.#change((file) => this.#learn(file, destination, presented));
    } catch (cause) {
      return { kind: 'unusable', why: cause instanceof Error ? cause.message : String(cause) };
    }
  }

  /** @throws when the store cannot be read */
  async list(): Promise<readonly StoredPin[]> {
    return (await this.#read()).pins;
  }

  /**
   * Removes the pins of a destination, or one key wherever it is on file.
   * @param entry `192.0.2.7:443`, or `sha256:BASE64`
   * @returns what was removed
   */
  async remove(entry: string): Promise<readonly StoredPin[]> {
    const matches = (pin: StoredPin): boolean => pin.destination === entry || `sha256:${pin.digest}` === entry;
    if (!(await this.#read()).pins.some(matches)) return [];
    return this.#change((file) => ({
      value: file.pins.filter(matches),
      lines: file.lines.filter(({ pin }) => pin === undefined || !matches(pin)).map(({ text }) => text),
    }));
  }

  #learn(file: PinFile, destination: string, presented: PresentedKey): { value: PinVerdict; lines: readonly string[] | undefined } {
    const now = this.#now();
    const verdict = judge(file, destination, presented, now);
    const until = presented.notAfter.toISOString();
    if (verdict.kind === 'known') {
      const renew = (pin: StoredPin): boolean => pin.destination === destination && pin.digest === presented.digest;
      return {
        value: verdict,
        lines: file.lines.map(({ text, pin }) => (pin !== undefined && renew(pin) ? formatPin({ ...pin, until }) : text)),
      };
    }
    if (verdict.kind !== 'learnt') return { value: verdict, lines: undefined };
    if (file.pins.length >= MAX_PINS) return { value: { kind: 'unusable', why: `${this.#file} is full` }, lines: undefined };
    const pin: StoredPin = { destination, digest: presented.digest, first: now.toISOString(), until };
    return { value: verdict, lines: [...file.lines.map(({ text }) => text), formatPin(pin)] };
  }

  /** Reads the file again under the lock, and replaces it in one step. `lines` undefined: nothing changes. */
  #change<T>(edit: (file: PinFile) => { readonly value: T; readonly lines: readonly string[] | undefined }): Promise<T> {
    const work = async (): Promise<T> => {
      await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
      return withLock(`${this.#file}.lock`, async () => {
        const { value, lines } = edit(await this.#read());
        if (lines !== undefined) await replaceFile(this.#file, formatPinFile(lines));
        return value;
      });
    };
    const result = this.#writing.then(work, work);
    this.#writing = result.catch(() => {});
    return result;
  }

  async #read(): Promise<PinFile> {
    const stats = await stat(this.#file).catch(missingAsUndefined);
    // To read a pipe would wait for somebody who writes, and a file would take the place of a device.
    if (stats?.isFile() === false) throw new Error(`${this.#file} is not a file, so it keeps no pins`);
    const version = versionOf(stats);
    if (version === this.#version) return this.#known;
    const text = version === MISSING ? '' : await readFile(this.#file, 'utf8');
    const parsed = parsePinFile(text);
    if ('badLine' in parsed) throw new Error(`${this.#file}:${parsed.badLine}: not a pin; correct or remove the line`);
    this.#known = parsed;
    this.#version = version;
    return parsed;
  }
}

function judge(file: PinFile, destination: string, presented: PresentedKey, now: Date): PinVerdict {
  const digests = file.pins.filter((pin) => pin.destination === destination).map(({ digest }) => digest);
  if (digests.length === 0) return { kind: 'learnt' };
  if (!digests.includes(presented.digest)) return { kind: 'mismatch', digests };
  const days = Math.floor((presented.notAfter.getTime() - now.getTime()) / DAY_MS);
  return { kind: 'known', expiresInDays: days < WARN_BEFORE_DAYS ? days : undefined };
}

/** The same key under a certificate with another end. */
function isRenewed(file: PinFile, destination: string, { digest, notAfter }: PresentedKey): boolean {
  const found = file.pins.find((pin) => pin.destination === destination && pin.digest === digest);
  return found !== undefined && found.until !== notAfter.toISOString();
}

async function replaceFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}.new`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause;
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}

const MISSING = 'missing';

function versionOf(stats: Stats | undefined): string {
  return stats === undefined ? MISSING : `${stats.ino} ${stats.size} ${stats.mtimeMs}`;
}

function missingAsUndefined(cause: NodeJS.ErrnoException): undefined {
  if (cause.code === 'ENOENT') return undefined;
  throw cause;
}
