/**
 * Descriptors handed to another process over a Unix stream socket (unix(7), SCM_RIGHTS). What arrives is the same open file under a
 * number of the receiver's own: a listening socket has one queue, whoever accepts from it. One call sends what one call receives, in
 * the same order.
 */
import { constants, endianness } from 'node:os';
import { systemError } from '../../text/system-error.ts';
import { close, duplicate } from '../libc/descriptors.ts';
import { receiveControl, sendControl } from '../libc/sockets.ts';

/** SCM_MAX_FD: as many descriptors as the kernel passes at once. */
const MOST_DESCRIPTORS = 253;

const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
/** `struct cmsghdr`: its length (8 bytes), level and type. */
const HEADER_BYTES = 16;
const NUMBER_BYTES = 4;
const ALIGNMENT = 8;

/** The receiver has not read yet, or too many descriptors are on their way: nothing was sent. */
const LATER: ReadonlySet<number> = new Set([constants.errno.EAGAIN, constants.errno.ENOBUFS, 109 /* ETOOMANYREFS */]);
const AGAIN_AFTER_MS = 10;

/** The sending end. It never waits: what the socket does not take is kept, as duplicates, and goes out in its turn. */
export class DescriptorSender {
  readonly #fd: number;
  readonly #kept: (readonly number[])[] = [];
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param fd owned from here on */
  constructor(fd: number) {
    this.#fd = fd;
  }

  /** How many sendings are kept. */
  get kept(): number {
    return this.#kept.length;
  }

  /** The descriptors stay the caller's. A receiver that is gone gets none and that is no error. */
  send(descriptors: readonly number[]): void {
    if (this.#closed || (this.#kept.length === 0 && this.#sent(descriptors))) return;
    this.#kept.push(duplicates(descriptors));
    this.#timer ??= setTimeout(() => this.#sendKept(), AGAIN_AFTER_MS);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const descriptors of this.#kept.splice(0)) for (const fd of descriptors) close(fd);
    close(this.#fd);
  }

  #sendKept(): void {
    this.#timer = undefined;
    for (let [first] = this.#kept; first !== undefined; [first] = this.#kept) {
      if (!this.#sent(first)) {
        this.#timer = setTimeout(() => this.#sendKept(), AGAIN_AFTER_MS);
        return;
      }
      for (const fd of first) close(fd);
      this.#kept.shift();
    }
  }

  #sent(descriptors: readonly number[]): boolean {
    return !LATER.has(-sendControl(this.#fd, controlMessage(descriptors)));
  }
}

/**
 * Waits for what was sent next.
 * @param fd a blocking descriptor
 * @param count how many descriptors are expected
 * @returns the descriptors, which are the caller's
 * @throws NodeJS.ErrnoException, and Error where it is another number of them
 */
export function receiveDescriptors(fd: number, count: number): readonly number[] {
  const control = new Uint8Array(HEADER_BYTES + NUMBER_BYTES * (MOST_DESCRIPTORS + 1));
  const result = receiveControl(fd, control);
  if (result < 0) throw systemError('recvmsg', -result);
  const view = new DataView(control.buffer);
  const length = Number(view.getBigUint64(0, LITTLE));
  const received: number[] = [];
  for (let at = HEADER_BYTES; at + NUMBER_BYTES <= length; at += NUMBER_BYTES) received.push(view.getInt32(at, LITTLE));
  if (received.length === count) return received;
  for (const each of received) close(each);
  throw new Error(`${count} descriptor(s) expected, ${received.length} received`);
}

const LITTLE = endianness() === 'LE';

/** None where this process may have no more: the receiver then says that some are missing. */
function duplicates(descriptors: readonly number[]): readonly number[] {
  const made = descriptors.map((fd) => duplicate(fd));
  if (made.every((fd) => fd >= 0)) return made;
  for (const fd of made) if (fd >= 0) close(fd);
  return [];
}

/** `struct cmsghdr` with descriptors (SCM_RIGHTS). */
export function controlMessage(descriptors: readonly number[]): Uint8Array {
  const length = HEADER_BYTES + NUMBER_BYTES * descriptors.length;
  const control = new Uint8Array(Math.ceil(length / ALIGNMENT) * ALIGNMENT);
  const view = new DataView(control.buffer);
  view.setBigUint64(0, BigInt(length), LITTLE);
  view.setInt32(8, SOL_SOCKET, LITTLE);
  view.setInt32(12, SCM_RIGHTS, LITTLE);
  for (const [index, fd] of descriptors.entries()) view.setInt32(HEADER_BYTES + NUMBER_BYTES * index, fd, LITTLE);
  return control;
}
