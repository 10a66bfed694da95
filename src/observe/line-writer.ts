/**
 * Writes lines to a descriptor without ever holding up the program: a pipe nobody reads, a full disk or a stopped terminal loses
 * lines, which are counted, and traffic goes on. The trap is O_NONBLOCK on a shared descriptor: it would change our parent's end
 * too, so pipes and terminals are opened once more through /proc where that is possible.
 */
import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { systemErrorText } from '../text/system-error.ts';
import type { Lost } from './sink.ts';

/** What may wait in memory for a slow reader. */
const MAX_PENDING_BYTES = 256 * 1024;
const LINE_FEED = 0x0a;

export interface LineWriter {
  /** `bytes` are whole lines in UTF-8, each with its line feed, and nobody's to change any more; `count` says how many. */
  write(bytes: Uint8Array, count: number): void;
  /** How many lines were lost since the last call, and why the last one was. */
  takeLost(): Lost | undefined;
  close(): void;
}

/**
 * @param fd an open descriptor
 * @param owned whether closing the writer closes it
 */
export function openLineWriter(fd: number, owned: boolean): LineWriter {
  const kind = fstatSync(fd);
  if (kind.isFile()) return new DirectWriter(fd, owned, owned && isTorn(fd, kind.size));
  if (kind.isSocket()) return new StreamWriter(fd, owned);
  const again = owned ? fd : reopen(fd);
  const ours = owned || again !== fd;
  return kind.isFIFO() ? new StreamWriter(again, ours) : new DirectWriter(again, ours);
}

/** The same pipe or terminal behind a descriptor of our own that does not block; the given one where that cannot be had. */
function reopen(fd: number): number {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY | constants.O_APPEND);
  } catch {
    return fd;
  }
}

/** Whether a file ends within a line, as a disk that was full has left it. What cannot be read is not. */
function isTorn(fd: number, size: number): boolean {
  if (size === 0) return false;
  try {
    const again = openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY);
    try {
      const last = new Uint8Array(1);
      return readSync(again, last, 0, 1, size - 1) === 1 && last[0] !== LINE_FEED;
    } finally {
      closeSync(again);
    }
  } catch {
    return false;
  }
}

/** Counts losses; the base of both writers. */
abstract class CountingWriter implements LineWriter {
  #lost = 0;
  #why = '';

  takeLost(): Lost | undefined {
    if (this.#lost === 0) return undefined;
    const lost = { count: this.#lost, why: this.#why };
    this.#lost = 0;
    return lost;
  }

  protected lose(count: number, why: string): void {
    this.#lost += count;
    this.#why = why;
  }

  abstract write(bytes: Uint8Array, count: number): void;
  abstract close(): void;
}

/** Files and devices: written in place. A disk takes a part of a line before it is full. */
class DirectWriter extends CountingWriter {
  readonly #fd: number;
  readonly #owned: boolean;
  /** The last line has no end: what comes next would stand behind it, and be lost with it. */
  #torn: boolean;

  constructor(fd: number, owned: boolean, torn = false) {
    super();
    this.#torn = torn;
    this.#fd = fd;
    this.#owned = owned;
  }

  write(bytes: Uint8Array, count: number): void {
    let written = 0;
    try {
      if (this.#torn) this.#torn = writeSync(this.#fd, '\n') === 0;
      while (written < bytes.length) written += writeSync(this.#fd, bytes, written);
    } catch (error) {
      if (written > 0) this.#torn = bytes[written - 1] !== LINE_FEED;
      this.lose(count - linesIn(bytes, written), systemErrorText(error));
    }
  }

  close(): void {
    if (this.#owned) closeSync(this.#fd);
  }
}

/** How many whole lines stand before an index. */
function linesIn(bytes: Uint8Array, end: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(LINE_FEED); at >= 0 && at < end; at = bytes.indexOf(LINE_FEED, at + 1)) lines += 1;
  return lines;
}

/** Pipes and sockets: the event loop writes what did not fit at once. */
class StreamWriter extends CountingWriter {
  readonly #stream: Socket;
  #broken: string | undefined;

  constructor(fd: number, owned: boolean) {
    super();
    this.#stream = new Socket({ fd, readable: false, writable: true });
    this.#stream.on('error', (error) => {
      this.#broken = systemErrorText(error);
    });
    this.#stream.unref(); // a log is no reason to stay alive
    this.#owned = owned;
  }

  readonly #owned: boolean;

  write(bytes: Uint8Array, count: number): void {
    if (this.#broken !== undefined) this.lose(count, this.#broken);
    else if (this.#stream.writableLength > MAX_PENDING_BYTES) this.lose(count, 'nobody reads them');
    else this.#stream.write(bytes);
  }

  /** Standard error stays open for whoever else has it; what could not be written by now is given up. */
  close(): void {
    if (this.#owned) this.#stream.destroy();
  }
}
