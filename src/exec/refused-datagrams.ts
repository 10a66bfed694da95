/**
 * Notices that something inside sent a datagram that was refused: QUIC, or UDP and ICMP of any kind. The rules refuse it with an ICMP
 * message, which the namespace counts, as it counts those for closed ports of its own; the difference is ours. The counters are read by
 * descriptors that were opened while the command lived, so that they can be read after its end too.
 */
import { closeSync, openSync, readSync } from 'node:fs';

const LOOK_MS = 1000;
/** /proc/net/snmp has a few kilobytes. */
const MAX_BYTES = 64 * 1024;

export class RefusedDatagrams {
  readonly #files: readonly number[];
  readonly #tell: () => void;
  readonly #timer: NodeJS.Timeout;
  #told = false;

  /**
   * @param pid a process inside
   * @param tell called once, when the first was refused
   */
  constructor(pid: number, tell: () => void) {
    this.#tell = tell;
    this.#files = ['snmp', 'snmp6'].flatMap((name) => opened(`/proc/${pid}/net/${name}`));
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /** Looks a last time. */
  close(): void {
    clearInterval(this.#timer);
    this.#look();
    for (const file of this.#files) closeSync(file);
  }

  #look(): void {
    if (this.#told || refusedIn(this.#files.map(contentOf).join('')) <= 0) return;
    this.#told = true;
    clearInterval(this.#timer);
    this.#tell();
  }
}

/**
 * How many datagrams were refused by rules. Pure.
 * @param text of /proc/net/snmp (pairs of lines: names, then numbers) and /proc/net/snmp6 (a name and a number a line)
 */
export function refusedIn(text: string): number {
  const counters = new Map<string, number>();
  let titles: readonly string[] = [];
  for (const line of text.split('\n')) {
    const [name = '', ...rest] = line.trim().split(/\s+/);
    if (!name.endsWith(':')) {
      counters.set(name, Number(rest[0]));
    } else if (titles[0] === name) {
      for (const [index, title] of titles.slice(1).entries()) counters.set(`${name}${title}`, Number(rest[index]));
      titles = [];
    } else titles = [name, ...rest];
  }
  const count = (name: string): number => counters.get(name) ?? 0;
  return count('Icmp:OutDestUnreachs') - count('Udp:NoPorts') + count('Icmp6OutDestUnreachs') - count('Udp6NoPorts');
}

function opened(path: string): readonly number[] {
  try {
    return [openSync(path, 'r')];
  } catch {
    return []; // a kernel without IPv6, or a command that is gone already
  }
}

function contentOf(file: number): string {
  const buffer = Buffer.allocUnsafe(MAX_BYTES);
  let length = 0;
  for (let read = -1; read !== 0 && length < MAX_BYTES; length += read) read = readSync(file, buffer, length, MAX_BYTES - length, length);
  return buffer.toString('latin1', 0, length);
}
