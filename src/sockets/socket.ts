/**
 * A connected (or connecting) descriptor of ours that does not block: it is registered once, knows whether there is something to read,
 * and is closed here and nowhere else. Who owns it may change (a conversation, then TLS): the registration stays.
 */

import type { Endpoint } from '../address/endpoint.ts';
import { getsockopt } from '../linux/libc/sockets.ts';
import { decodeSocketAddress, LARGEST_SOCKET_ADDRESS } from '../linux/sockets/socket-address.ts';
import type { Memory } from '../native/binding.ts';
import { systemError } from '../text/system-error.ts';
import { ENDED, FAILED, poller, READABLE } from './poller.ts';
import {
  close,
  EAGAIN,
  ECONNRESET,
  EPIPE,
  getpeername,
  getsockname,
  read,
  setOption,
  shutdownWrite,
  unacknowledged,
  write,
} from './system-calls.ts';

/** Who is told what happens to a socket. */
export interface SocketOwner {
  /** @param events a sum of the poller's */
  ready(events: number): void;
}

const SOL_SOCKET = 1;
const SO_ERROR = 4;
const SO_DOMAIN = 39;
const AF_UNIX = 1;
const SO_LINGER = 13;
/** struct linger { on, 0 seconds }: close(2) then sends RST and drops what is queued. */
const LINGER_NOT = new Uint8Array(new Int32Array([1, 0]).buffer);
/** struct linger { off }: close(2) sends what is queued and FIN. */
const LINGER_DEFAULT = new Uint8Array(new Int32Array([0, 0]).buffer);

/**
 * What close(2) does, also the kernel's own when a process dies. `abrupt`: a reset, so that a stream that nobody ended in order does not
 * look whole; `configured`: what the user's SO_LINGER says.
 */
export type Linger = 'default' | 'abrupt' | 'configured';

/** Sockets open now: a test asks whether any was left. */
let open = 0;

export class Socket {
  /** There may be something to read. Set by readiness, cleared by a read that has found the end of what there was. */
  unread = false;
  /** The other end's FIN was announced: a short read no longer means that there is nothing behind it. */
  endAnnounced = false;
  /** The connection is broken (reset): a read finds what had arrived before, then the reason. Never so on a Unix socket, see `isEnd`. */
  broken = false;
  #fd: number;
  #owner: SocketOwner | undefined;
  #onClosed: (() => void)[] | undefined;
  #local: Endpoint | undefined | null = null;
  #remote: Endpoint | undefined | null;
  #linger: Linger;

  /**
   * @param remote undefined: a Unix socket; null: not known yet
   * @param linger as it is set on the descriptor
   */
  constructor(fd: number, remote: Endpoint | undefined | null = null, linger: Linger = 'default') {
    this.#fd = fd;
    this.#remote = remote;
    this.#linger = linger;
    open += 1;
    poller.watch(fd, this);
  }

  static get open(): number {
    return open;
  }

  /** -1 when closed. Never keep it, never close it. */
  get fd(): number {
    return this.#fd;
  }

  /** Our own address; undefined for a Unix socket. Ask while it is open. */
  get local(): Endpoint | undefined {
    if (this.#local === null) this.#local = endpoint(getsockname, this.#fd);
    return this.#local;
  }

  /** The other end's address, as `local`; undefined also for a peer that had left before anybody asked. */
  get remote(): Endpoint | undefined {
    if (this.#remote === null) this.#remote = endpoint(getpeername, this.#fd);
    return this.#remote;
  }

  /** What happens from now on is told to `owner`; what happened before stands in `unread`. */
  own(owner: SocketOwner | undefined): void {
    this.#owner = owner;
  }

  ready(events: number): void {
    if ((events & (READABLE | ENDED | FAILED)) !== 0) this.unread = true;
    if ((events & ENDED) !== 0) this.endAnnounced = true;
    if ((events & FAILED) !== 0 && !this.#isUnix) this.broken = true;
    this.#owner?.ready(events);
  }

  /** @returns bytes read, 0 at the end, minus errno (minus EAGAIN: nothing there) */
  read(into: Memory, length: number): number {
    const n = read(this.#fd, into, length);
    if (n === -EAGAIN || (n > 0 && n < length && !this.endAnnounced)) this.unread = false;
    return this.isEnd(n) ? 0 : n;
  }

  /** @returns bytes taken (0 where the kernel has no room), or minus errno */
  write(from: Memory, length: number): number {
    const n = write(this.#fd, from, length);
    return n === -EAGAIN ? 0 : n;
  }

  /**
   * A Unix socket whose other end was closed before it had read everything says ECONNRESET to a read and EPIPE to a write, where one that
   * had read everything says its end. Nothing it sent is lost by that, unlike behind a reset of TCP.
   * @param result what a call has returned: minus errno where it has failed
   */
  isEnd(result: number): boolean {
    return (result === -ECONNRESET || result === -EPIPE) && this.#isUnix;
  }

  get #isUnix(): boolean {
    const value = new Int32Array(1);
    return getsockopt(this.#fd, SOL_SOCKET, SO_DOMAIN, new Uint8Array(value.buffer)) > 0 && value[0] === AF_UNIX;
  }

  /** Bytes sent (the end is one) that the other end's kernel has not acknowledged; 0 where nobody knows. */
  get unacknowledged(): number {
    return Math.max(0, unacknowledged(this.#fd));
  }

  shutdownWrite(): void {
    shutdownWrite(this.#fd);
  }

  /** SO_ERROR: why a connect failed or a connection broke; undefined where nothing did. Asking clears it. */
  takeError(call: string): NodeJS.ErrnoException | undefined {
    const value = new Int32Array(1);
    const bytes = new Uint8Array(value.buffer);
    const asked = getsockopt(this.#fd, SOL_SOCKET, SO_ERROR, bytes);
    const number = asked < 0 ? -asked : (value[0] ?? 0);
    return number === 0 ? undefined : systemError(call, number);
  }

  /** Calls back when the descriptor was given back; at once if it was. Whoever owned it by then. */
  onClosed(listener: () => void): void {
    if (this.#fd < 0) listener();
    else if (this.#onClosed === undefined) this.#onClosed = [listener];
    else this.#onClosed.push(listener);
  }

  /** From here on the death of this process is a reset for the peer (TCP only), unless the user has said otherwise. */
  resetByDeath(): void {
    if (this.#linger !== 'default' || this.#fd < 0) return;
    this.#linger = 'abrupt';
    setOption(this.#fd, SOL_SOCKET, SO_LINGER, LINGER_NOT);
  }

  /** Gives the descriptor back: with FIN, or (TCP only) with RST. Safe to call twice. */
  close(how: 'close' | 'reset'): void {
    const fd = this.#forget();
    if (fd < 0) return;
    if (how === 'reset' && this.#linger !== 'abrupt') setOption(fd, SOL_SOCKET, SO_LINGER, LINGER_NOT);
    else if (how === 'close' && this.#linger === 'abrupt') setOption(fd, SOL_SOCKET, SO_LINGER, LINGER_DEFAULT);
    close(fd);
    const listeners = this.#onClosed;
    this.#onClosed = undefined;
    if (listeners !== undefined) for (const listener of listeners) listener();
  }

  #forget(): number {
    const fd = this.#fd;
    if (fd < 0) return fd;
    this.#fd = -1;
    this.#owner = undefined;
    this.unread = false;
    open -= 1;
    poller.forget(fd);
    return fd;
  }
}

/** Where the kernel writes an address: every connection has two or three. */
const addressBytes = new Uint8Array(LARGEST_SOCKET_ADDRESS);

function endpoint(ask: (fd: number, bytes: Uint8Array) => number, fd: number): Endpoint | undefined {
  const length = ask(fd, addressBytes);
  return length < 0 ? undefined : decodeSocketAddress(addressBytes, length);
}
