/**
 * Reads a socket through Node's `onread`, without a Buffer per read, for one direction of a relay. The one thing a reader might get
 * wrong: bytes in `landing` are only ours inside the callback, bytes in a slab are ours until every write of them was acknowledged.
 */
import type net from 'node:net';
import type { OnRead } from '../linux/sockets/descriptor.ts';
import { readInto, readNextInto } from '../linux/sockets/descriptor.ts';
import type { Slab, SlabPool } from './slabs.ts';
import { BULK_BYTES, landing, slabs } from './slabs.ts';

/** A slab that nothing was read into for this long is given back: an idle connection owns no buffer. */
const QUIET_MS = 2_000;

/** Where the bytes go. */
export interface Sink {
  /** Calls `written` once the bytes were handed to the kernel or the socket has failed. */
  write(bytes: Buffer, written: () => void): void;
  /** Bytes written that the kernel does not have yet: 0 may be true before the last `written` is called. */
  readonly waiting: number;
}

/** A slab in use: `filled` bytes have been read into it, those before `flushed` were written out. */
interface Lease {
  readonly slab: Slab;
  filled: number;
  flushed: number;
  /** Writes not yet acknowledged, plus one while the next read may land in it. */
  users: number;
}

export class SlabReader {
  readonly onread: OnRead;
  readonly #socket: net.Socket;
  readonly #isTls: boolean;
  readonly #sink: Sink;
  readonly #pool: SlabPool;
  #lease: Lease | undefined;
  #flushDue = false;
  /** Bytes written and not yet acknowledged. */
  #outstanding = 0;
  #stopped = false;
  /** Reading goes on when fewer than this are outstanding. */
  #resumeBelow = 0;
  #quietTimer: NodeJS.Timeout | undefined;

  /** @param kind a TLS socket goes on delivering what it has decrypted after it was told to stop */
  constructor(socket: net.Socket, kind: 'plain' | 'tls', sink: Sink, pool: SlabPool = slabs) {
    this.#socket = socket;
    this.#isTls = kind === 'tls';
    this.#sink = sink;
    this.#pool = pool;
    this.onread = {
      buffer: () => this.#nextBuffer(),
      callback: (bytes, buffer) => this.#read(bytes, bytes < buffer.length),
    };
  }

  /**
   * Starts delivery: what the socket had read already, then everything as it arrives.
   * @returns false where the socket cannot be read so (`readInto`); it is as it was
   */
  start(): boolean {
    const read = readInto(this.#socket, this.onread);
    if (read === undefined) return false;
    if (read.unread !== undefined) this.#write(read.unread, undefined);
    this.#socket.resume();
    return true;
  }

  /** Writes out what was gathered; the relay calls it before it ends the sink. */
  flush(): void {
    this.#flushDue = false;
    const lease = this.#lease;
    if (lease === undefined || lease.filled === lease.flushed) return;
    const bytes = lease.slab.bytes.subarray(lease.flushed, lease.filled);
    lease.flushed = lease.filled;
    lease.users += 1;
    this.#quietTimer?.refresh();
    this.#write(bytes, lease);
  }

  #nextBuffer(): Buffer {
    const lease = this.#lease;
    return lease === undefined ? landing : lease.slab.tail(lease.filled);
  }

  /** @param short the read did not fill the buffer, so the kernel has no more now; a TLS socket may still hold decrypted bytes */
  #read(bytes: number, short: boolean): boolean {
    const drained = short && !this.#isTls;
    if (this.#lease === undefined) this.#landed(bytes, drained);
    else this.#filled(this.#lease, bytes, drained);
    if (!this.#stopped && this.#outstanding >= this.#pool.slabBytes && this.#sink.waiting > 0) this.#stop(this.#pool.slabBytes);
    return !this.#stopped;
  }

  #stop(resumeBelow: number): void {
    this.#stopped = true;
    this.#resumeBelow = resumeBelow;
  }

  /** A read into the shared landing buffer: short ones are written at once, a long one opens a slab. */
  #landed(bytes: number, drained: boolean): void {
    if (bytes < BULK_BYTES) {
      this.#write(Buffer.from(landing.subarray(0, bytes)), undefined);
      return;
    }
    const lease = this.#open();
    landing.copy(lease.slab.bytes, 0, 0, bytes);
    this.#filled(lease, bytes, drained);
  }

  /**
   * A read into the slab, behind the bytes that are there. The slab is written when no more reads can follow in this turn. A short read
   * ends the lease; a full slab is exchanged for an empty one. While the kernel does not take a full slab's bytes, a plain socket is
   * not read; once the last of them has left, reading goes on at the beginning of the same slab, so a stalled reader holds one slab. A
   * TLS socket cannot be stopped like that: what it has decrypted already comes into the landing buffer and gets a slab of its own.
   */
  #filled(lease: Lease, bytes: number, drained: boolean): void {
    lease.filled += bytes;
    const bulk = bytes >= BULK_BYTES;
    if (bulk && this.#pool.slabBytes - lease.filled >= BULK_BYTES) {
      if (drained) this.flush();
      else this.#flushLater();
      return;
    }
    this.flush();
    const blocked = this.#sink.waiting > 0;
    if (bulk && blocked && !this.#isTls) {
      lease.filled = 0;
      lease.flushed = 0;
      this.#stop(1);
      return;
    }
    this.#close(lease);
    if (bulk && !blocked) this.#open();
  }

  #open(): Lease {
    const lease = { slab: this.#pool.lease(), filled: 0, flushed: 0, users: 1 };
    this.#lease = lease;
    this.#quietTimer ??= setTimeout(() => this.#quiet(), QUIET_MS).unref();
    return lease;
  }

  #close(lease: Lease): void {
    this.#lease = undefined;
    this.#release(lease);
  }

  /** Nothing was flushed for QUIET_MS: a slab without outstanding writes returns to the pool, and the next read uses the landing buffer. */
  #quiet(): void {
    const lease = this.#lease;
    if (lease === undefined) this.#quietTimer = undefined;
    else if (lease.users > 1 || lease.filled > lease.flushed) this.#quietTimer?.refresh();
    else if (this.#socket.destroyed || readNextInto(this.#socket, landing)) {
      this.#quietTimer = undefined;
      this.#close(lease);
    }
  }

  #flushLater(): void {
    if (this.#flushDue) return;
    this.#flushDue = true;
    setImmediate(() => {
      if (this.#flushDue) this.flush();
    });
  }

  #write(bytes: Buffer, lease: Lease | undefined): void {
    this.#outstanding += bytes.length;
    this.#sink.write(bytes, () => {
      this.#outstanding -= bytes.length;
      if (lease !== undefined) this.#release(lease);
      if (this.#stopped && this.#outstanding < this.#resumeBelow) {
        this.#stopped = false;
        this.#socket.resume();
      }
    });
  }

  #release(lease: Lease): void {
    lease.users -= 1;
    if (lease.users === 0) this.#pool.giveBack(lease.slab);
  }
}
