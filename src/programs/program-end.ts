/** What a program of `exec` has on its descriptors 0 and 1, and our end of it: a pair of sockets, or a pseudo-terminal. */

import net from 'node:net';
import tty from 'node:tty';
import { close, openpty, socketPair } from '../linux/libc.ts';
import type { Leg } from '../sockets/leg.ts';
import { NodeLeg } from '../sockets/node-leg.ts';
import { HIGH_WATER_MARK } from '../sockets/slabs.ts';
import { systemError } from '../text/system-error.ts';

/** Made before the program starts: `theirs` becomes its standard streams and is closed here afterwards. */
export interface ProgramEnds {
  readonly theirs: number;
  /** Our end; nothing is read yet. */
  open(): Leg;
  closeOurs(): void;
}

/** @throws NodeJS.ErrnoException (EMFILE) */
export function socketEnds(): ProgramEnds {
  const ends = socketPair();
  if (typeof ends === 'number') throw systemError('socketpair', ends);
  const [ours, theirs] = ends;
  return {
    theirs,
    open: () => new NodeLeg(socketOf(ours)),
    closeOurs: () => void close(ours),
  };
}

/** A socket from a descriptor, paused like an accepted one. The types do not know these two options, which the runtime hands on. */
export function socketOf(fd: number): net.Socket {
  return new net.Socket({ fd, allowHalfOpen: true, highWaterMark: HIGH_WATER_MARK, pauseOnCreate: true } as net.SocketConstructorOpts);
}

/** @throws NodeJS.ErrnoException (no free terminal, EMFILE, no /dev/pts) */
export function terminalEnds(): ProgramEnds {
  const ends = openpty();
  if (typeof ends === 'number') throw systemError('openpty', ends);
  return { theirs: ends.slave, open: () => new NodeLeg(new Terminal(ends.master)), closeOurs: () => void close(ends.master) };
}

/**
 * Our end of a pseudo-terminal. It differs from a socket twice: it says EIO where a socket says its end, and it cannot be half
 * closed, so the end of what we write hangs the terminal up, as stunnel does.
 */
class Terminal extends tty.ReadStream {
  constructor(master: number) {
    super(master, { allowHalfOpen: true });
    this.once('finish', () => this.push(null));
  }

  override destroy(error?: NodeJS.ErrnoException): this {
    if (error?.code !== 'EIO' || this.readableEnded) return super.destroy(error);
    this.push(null);
    return this;
  }
}
