/**
 * The system calls of the hot path and of readiness, bound once. Like `linux/libc/` they return minus errno where C says -1; what is
 * called once per listener stands there.
 */
import type { Memory, Pointer } from '../native/binding.ts';
import { bind, errno, ownSymbols } from '../native/binding.ts';

const C = bind([ownSymbols()], {
  read: 'int (int, void *, size_t)',
  write: 'int (int, void *, size_t)',
  close: 'int (int)',
  shutdown: 'int (int, int)',
  ioctl: 'int (int, size_t, void *)',
  accept4: 'int (int, void *, void *, int)',
  connect: 'int (int, void *, uint)',
  getpeername: 'int (int, void *, void *)',
  getsockname: 'int (int, void *, void *)',
  setsockopt: 'int (int, int, int, void *, uint)',
  epoll_create1: 'int (int)',
  epoll_ctl: 'int (int, int, int, void *)',
  epoll_wait: 'int (int, void *, int, int)',
  uv_default_loop: 'void * ()',
  uv_handle_size: 'size_t (int)',
  uv_poll_init: 'int (void *, void *, int)',
  uv_poll_start: 'int (void *, int, void *)',
  uv_ref: 'void (void *)',
  uv_unref: 'void (void *)',
  uv_close: 'void (void *, void *)',
  malloc: 'void * (size_t)',
});

export const EIO = 5;
export const EAGAIN = 11;
export const EPIPE = 32;
export const ECONNRESET = 104;
export const EINPROGRESS = 115;

/** read(2) of at most 2 GB. */
export function read(fd: number, into: Memory, length: number): number {
  const n = C.read(fd, into, length);
  return n < 0 ? -errno() : n;
}

/** write(2). The runtime ignores SIGPIPE, so a broken pipe is EPIPE. */
export function write(fd: number, from: Memory, length: number): number {
  const n = C.write(fd, from, length);
  return n < 0 ? -errno() : n;
}

/** close(2). What it answers does not matter: the descriptor is gone. */
export function close(fd: number): void {
  C.close(fd);
}

/** shutdown(2) of our direction. */
export function shutdownWrite(fd: number): number {
  return C.shutdown(fd, 1) < 0 ? -errno() : 0;
}

const SIOCOUTQ = 0x5411;
const amount = new Int32Array(1);
const amountBytes = new Uint8Array(amount.buffer);

/** ioctl(2), SIOCOUTQ (tcp(7), unix(7)): bytes in the queue for the other end. */
export function unacknowledged(fd: number): number {
  return C.ioctl(fd, SIOCOUTQ, amountBytes) < 0 ? -errno() : (amount[0] ?? 0);
}

const NONBLOCK_CLOSE_ON_EXEC = 0o4000 | 0o2000000;
/** A `socklen_t` that calls read and write. */
const length = new Uint32Array(1);
const lengthBytes = new Uint8Array(length.buffer);

/** accept4(2). Nobody asks for the peer's address here: that of one who is gone already would look as good as any. */
export function accept(fd: number): number {
  const n = C.accept4(fd, null, null, NONBLOCK_CLOSE_ON_EXEC);
  return n < 0 ? -errno() : n;
}

/** connect(2) to an encoded socket address (`socket-address.ts`). @returns 0, or minus errno: EINPROGRESS where it goes on */
export function connect(fd: number, address: Uint8Array): number {
  return C.connect(fd, address, address.length) < 0 ? -errno() : 0;
}

/** getpeername(2) into `address`; returns how many bytes of it were filled. */
export function getpeername(fd: number, address: Uint8Array): number {
  length[0] = address.length;
  return C.getpeername(fd, address, lengthBytes) < 0 ? -errno() : Math.min(length[0], address.length);
}

/** getsockname(2), as `getpeername`. */
export function getsockname(fd: number, address: Uint8Array): number {
  length[0] = address.length;
  return C.getsockname(fd, address, lengthBytes) < 0 ? -errno() : Math.min(length[0], address.length);
}

/** setsockopt(2) with bytes that are at hand: no allocation. */
export function setOption(fd: number, level: number, name: number, value: Uint8Array): number {
  return C.setsockopt(fd, level, name, value, value.length) < 0 ? -errno() : 0;
}

/** epoll(7), as the poller needs it. */
export const epoll = {
  create: (): number => C.epoll_create1(0o2000000),
  control: (fd: number, operation: number, target: number, entry: Uint8Array): number =>
    C.epoll_ctl(fd, operation, target, entry) < 0 ? -errno() : 0,
  wait: (fd: number, events: Pointer, room: number): number => C.epoll_wait(fd, events, room, 0),
};

const UV_POLL = 8;
const UV_READABLE = 1;

/** One handle of the runtime's own loop that calls back while a descriptor is readable. Its memory lives as long as the process. */
export class LoopHandle {
  readonly #handle: Pointer;

  /** @param callback a `void (void *, int, int)` of C */
  constructor(fd: number, callback: Pointer) {
    this.#handle = allocate(C.uv_handle_size(UV_POLL));
    if (C.uv_poll_init(C.uv_default_loop(), this.#handle, fd) < 0) throw new Error('uv_poll_init failed');
    if (C.uv_poll_start(this.#handle, UV_READABLE, callback) < 0) throw new Error('uv_poll_start failed');
    C.uv_unref(this.#handle);
  }

  /** Whether it keeps the process alive. */
  keepAlive(on: boolean): void {
    if (on) C.uv_ref(this.#handle);
    else C.uv_unref(this.#handle);
  }

  /** Calls back no more; the loop lets go of it in its next turn. */
  close(): void {
    C.uv_close(this.#handle, null);
  }
}

/** Memory that is never freed. */
export function allocate(length: number): Pointer {
  const pointer = C.malloc(length);
  if (pointer === null) throw new Error('out of memory');
  return pointer;
}
