/**
 * Accepting on a descriptor that is bound already. It never stops for a connection that left early, and when the process or the system
 * has no descriptor left it waits a little instead of spinning: a listener is announced for as long as somebody is in its queue.
 */
import { constants } from 'node:os';
import { close } from '../linux/libc/descriptors.ts';
import { listen } from '../linux/libc/sockets.ts';
import { systemError } from '../text/system-error.ts';
import { setNoDelay } from './options.ts';
import type { Watcher } from './poller.ts';
import { poller } from './poller.ts';
import { Socket } from './socket.ts';
import { accept, EAGAIN } from './system-calls.ts';

/** As the runtime's own servers. */
const BACKLOG = 511;
/** Clients taken in one turn; the others wait for the next, which comes at once. To begin a connection takes as long as a dozen short messages. */
const PER_TURN = 16;
/** While more than these wait for their handshake, clients stay in the queue of the kernel, where one costs nothing. */
const MOST_IN_LINE = 64;
const BACK_OFF_MS = 100;
const { ECONNABORTED, EINTR, EMFILE, ENFILE, ENOBUFS, ENOMEM, EPERM, EPROTO } = constants.errno;
/** The client is gone, or the firewall does not want it; the next one may be there. */
const NEXT = new Set([ECONNABORTED, EINTR, EPROTO, EPERM]);
const EXHAUSTED = new Set([EMFILE, ENFILE, ENOBUFS, ENOMEM]);

export interface ListenerOptions {
  /** A new client: the socket is the callee's. */
  readonly accepted: (socket: Socket) => void;
  /** accept(2) failed; the listener goes on, after a pause where nothing is left to accept with. */
  readonly failed: (error: NodeJS.ErrnoException) => void;
  /** Short messages of accepted sockets leave at once: they inherit it, one system call less for each. */
  readonly noDelay?: boolean;
  /** Whether the user has said what close(2) does to accepted sockets; asked for each. */
  readonly lingerConfigured?: () => boolean;
  /** How many may wait to be accepted. */
  readonly backlog?: number;
}

export class DescriptorListener implements Watcher {
  readonly fd: number;
  readonly #options: ListenerOptions;
  #pause: NodeJS.Timeout | undefined;
  #open = true;
  /** The turn in which it last accepted, and how many more it may in that. */
  #round = -1;
  #left = 0;

  /**
   * Lets clients in.
   * @param fd bound, not blocking; from here on the listener's
   * @throws NodeJS.ErrnoException where listen(2) fails; the descriptor is still the caller's then
   */
  constructor(fd: number, options: ListenerOptions) {
    const listening = listen(fd, options.backlog ?? BACKLOG);
    if (listening < 0) throw systemError('listen', listening);
    if (options.noDelay === true) setNoDelay(fd);
    this.fd = fd;
    this.#options = options;
    poller.watchListener(fd, this);
  }

  ready(): void {
    const { round, line } = poller;
    if (round !== this.#round) {
      this.#round = round;
      this.#left = PER_TURN;
    }
    if (this.#left > 0 && line <= MOST_IN_LINE) this.#left -= this.#accept(this.#left);
  }

  /** Lets in everybody who waits, at once: for who is about to close. */
  acceptAll(): void {
    this.#accept(Number.POSITIVE_INFINITY);
  }

  /** @returns how often it was tried */
  #accept(most: number): number {
    let count = 0;
    for (; count < most && this.#open && this.#pause === undefined; count += 1) {
      const fd = accept(this.fd);
      if (fd >= 0) this.#options.accepted(new Socket(fd, null, this.#options.lingerConfigured?.() === true ? 'configured' : 'default'));
      else if (fd === -EAGAIN) return count;
      else if (!NEXT.has(-fd)) this.#failed(fd);
    }
    return count;
  }

  #failed(number: number): void {
    if (EXHAUSTED.has(-number)) {
      poller.forgetShared(this.fd);
      this.#pause = setTimeout(() => {
        this.#pause = undefined;
        poller.watchListener(this.fd, this);
      }, BACK_OFF_MS);
    }
    this.#options.failed(systemError('accept', number));
  }

  /** Stops accepting. @param keep the descriptor stays open (another process accepts from it) */
  close(keep = false): void {
    if (!this.#open) return;
    this.#open = false;
    if (this.#pause === undefined) poller.forgetShared(this.fd);
    clearTimeout(this.#pause);
    if (!keep) close(this.fd);
  }
}
