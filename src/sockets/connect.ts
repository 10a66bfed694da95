/** Connecting without waiting: a socket of our own making, with everything that must be set before connect(2). */
import { isIPv6 } from 'node:net';
import type { Endpoint } from '../address/endpoint.ts';
import { close, setsockoptInt, socket } from '../linux/libc.ts';
import { AF_UNIX, encodeSocketAddress, encodeUnixAddress } from '../linux/socket-address.ts';
import { bindForeign, bindTcpSocket, makeTcpSocket } from '../linux/tcp-socket.ts';
import { systemError } from '../text/system-error.ts';
import { setNoDelay } from './options.ts';
import { FAILED, WRITABLE } from './poller.ts';
import type { SocketOwner } from './socket.ts';
import { Socket } from './socket.ts';
import { connect, EINPROGRESS } from './system-calls.ts';

export type DialTarget = Endpoint | { readonly path: string };

export interface DialOptions {
  /** Connect from this address of ours. */
  readonly local?: string | undefined;
  /** Connect from this address, which need not be ours, and from its port where that is free (IP_TRANSPARENT). */
  readonly source?: Endpoint | undefined;
  /** Sets what else must be set before bind and connect (`socket = r:`, a mark); what it throws ends the attempt. */
  readonly prepare?: (fd: number, family: 4 | 6 | 'unix') => void;
  readonly noDelay?: boolean;
}

/** A connection attempt. */
export class Dial implements SocketOwner {
  readonly socket: Socket;
  readonly #done: (error: Error | undefined) => void;
  #over = false;

  /**
   * Starts connecting.
   * @param target an IP literal and a port, or the path of a Unix socket
   * @param done called once, never before this returns: with why not, or when `socket` is connected and the caller's; not after `cancel`
   * @throws NodeJS.ErrnoException, with the call that failed as `syscall`, where it fails at once; nothing is left open then
   */
  constructor(target: DialTarget, options: DialOptions, done: (error: Error | undefined) => void) {
    const fd = makeSocket(target, options);
    const encoded = 'path' in target ? encodeUnixAddress(target.path) : encodeSocketAddress(target);
    const connected = connect(fd, encoded);
    if (connected < 0 && connected !== -EINPROGRESS) {
      close(fd);
      throw systemError('connect', connected);
    }
    this.#done = done;
    this.socket = new Socket(fd, 'path' in target ? undefined : target);
    this.socket.own(this);
  }

  /** Gives up; the socket is closed. Nothing happens where the attempt is over. */
  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    this.socket.close('close');
  }

  ready(events: number): void {
    if ((events & (WRITABLE | FAILED)) === 0 || this.#over) return;
    this.#over = true;
    const error = (events & FAILED) === 0 ? undefined : this.socket.takeError('connect');
    if (error !== undefined) this.socket.close('close');
    else this.socket.own(undefined);
    this.#done(error);
  }
}

const STREAM_NONBLOCKING_CLOSE_ON_EXEC = 1 | 0o4000 | 0o2000000;
const SOL_IP = 0;
const IP_BIND_ADDRESS_NO_PORT = 24;

function makeSocket(target: DialTarget, { local, source, prepare, noDelay = true }: DialOptions): number {
  const family = 'path' in target ? 'unix' : isIPv6(target.address) ? 6 : 4;
  const fd = family === 'unix' ? makeUnixSocket() : makeTcpSocket(family);
  try {
    prepare?.(fd, family);
    if (family === 'unix') return fd;
    if (noDelay) setNoDelay(fd);
    if (local !== undefined) {
      setsockoptInt(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1); // the port is chosen at connect: it need not be free towards everybody
      bindTcpSocket(fd, { address: local, port: 0 });
    } else if (source !== undefined) bindForeign(fd, source);
    return fd;
  } catch (cause) {
    close(fd);
    throw cause;
  }
}

function makeUnixSocket(): number {
  const fd = socket(AF_UNIX, STREAM_NONBLOCKING_CLOSE_ON_EXEC, 0);
  if (fd < 0) throw systemError('socket', fd);
  return fd;
}
