/** What a program of `exec` has on its descriptors 0 and 1, and our end of it: a pair of sockets, or a pseudo-terminal. */

import { openpty, setNonBlocking } from '../linux/libc/descriptors.ts';
import { socketPair } from '../linux/libc/sockets.ts';
import { WHOLE } from '../sockets/descriptor-leg.ts';
import type { Leg } from '../sockets/leg.ts';
import { PlainLeg } from '../sockets/plain-leg.ts';
import { Socket } from '../sockets/socket.ts';
import { EIO } from '../sockets/system-calls.ts';
import { systemError } from '../text/system-error.ts';

/** Made before the program starts: `theirs` becomes its standard streams and is closed here afterwards. */
export interface ProgramEnds {
  readonly theirs: number;
  readonly ours: number;
}

/** @throws NodeJS.ErrnoException (EMFILE) */
export function socketEnds(): ProgramEnds {
  const ends = socketPair();
  if (typeof ends === 'number') throw systemError('socketpair', ends);
  const [ours, theirs] = ends;
  return { theirs, ours };
}

/** Our end as a leg; nothing is read yet. @param fd owned from here on */
export function programLeg(fd: number, pty: boolean): Leg {
  return pty ? new TerminalLeg(socketOf(fd)) : new PlainLeg(socketOf(fd));
}

/** A connected descriptor that somebody else has made. */
export function socketOf(fd: number): Socket {
  setNonBlocking(fd);
  return new Socket(fd);
}

/** @throws NodeJS.ErrnoException (no free terminal, EMFILE, no /dev/pts) */
export function terminalEnds(): ProgramEnds {
  const ends = openpty();
  if (typeof ends === 'number') throw systemError('openpty', ends);
  return { theirs: ends.slave, ours: ends.master };
}

/**
 * Our end of a pseudo-terminal. It differs from a socket twice: it says EIO where a socket says its end, and it cannot be half
 * closed, so the end of what we write hangs the terminal up, as stunnel does.
 */
class TerminalLeg extends PlainLeg {
  #hangingUp = false;

  protected override get more(): boolean {
    return this.#hangingUp || super.more;
  }

  protected override fill(): number {
    return this.#hangingUp ? WHOLE : super.fill();
  }

  protected override readFailed(result: number): number {
    return this.isEnd(result) ? WHOLE : super.readFailed(result);
  }

  protected override isEnd(result: number): boolean {
    return result === -EIO;
  }

  /** Who reads it finds its end; closing it, which follows, is what the program sees. */
  protected override endSending(): void {
    this.#hangingUp = true;
    queueMicrotask(() => this.run());
  }
}
