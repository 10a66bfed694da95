/**
 * A datagram socket to a log daemon that never holds its writer up: it does not block, and it is connected when opened, so that it works
 * after chroot and setuid. A daemon that restarts is found again where its path still is.
 */
import { existsSync, writeSync } from 'node:fs';
import { close } from '../libc/descriptors.ts';
import { connect, socket } from '../libc/sockets.ts';
import { AF_UNIX, encodeUnixAddress } from '../sockets/socket-address.ts';

const DATAGRAM_NONBLOCKING_CLOSE_ON_EXEC = 2 | 0o4000 | 0o2000000;
const RECONNECT_MS = 1000;

/** `too-big`: more than one datagram takes; it is still there. `lost`: nobody took it. */
export type Sending = 'sent' | 'too-big' | 'lost';

export class LogSocket {
  readonly #path: string;
  #fd = -1;
  #everConnected = false;
  #triedAt = Number.NEGATIVE_INFINITY;

  constructor(path: string) {
    this.#path = path;
    this.#connect();
  }

  /** Whether somebody was there once. */
  get everConnected(): boolean {
    return this.#everConnected;
  }

  send(datagram: string | Uint8Array): Sending {
    return this.sendBy((fd) => writeDatagram(fd, datagram));
  }

  /** @param write puts something on the connected socket */
  sendBy(write: (fd: number) => Sending | 'broken'): Sending {
    const first = this.#fd >= 0 ? write(this.#fd) : 'broken';
    if (first !== 'broken') return first;
    this.close();
    if (!this.#connect()) return 'lost';
    const second = write(this.#fd);
    if (second !== 'broken') return second;
    this.close();
    return 'lost';
  }

  close(): void {
    if (this.#fd >= 0) close(this.#fd);
    this.#fd = -1;
  }

  /** At most once a second, so that a missing log daemon costs nothing. */
  #connect(): boolean {
    const now = performance.now();
    if (now - this.#triedAt < RECONNECT_MS) return false;
    this.#triedAt = now;
    if (!existsSync(this.#path)) return false;
    const fd = socket(AF_UNIX, DATAGRAM_NONBLOCKING_CLOSE_ON_EXEC, 0);
    if (fd < 0) return false;
    if (connect(fd, encodeUnixAddress(this.#path)) < 0) {
      close(fd);
      return false;
    }
    this.#fd = fd;
    this.#everConnected = true;
    return true;
  }
}

function writeDatagram(fd: number, datagram: string | Uint8Array): Sending | 'broken' {
  try {
    if (typeof datagram === 'string') writeSync(fd, datagram);
    else writeSync(fd, datagram);
    return 'sent';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EMSGSIZE' || code === 'ENOBUFS') return 'too-big';
    return code === 'EAGAIN' ? 'lost' : 'broken'; // slow; or gone
  }
}
