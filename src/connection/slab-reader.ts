/**
 * Reads a socket through Node's `onread`, without a Buffer per read: one we dial from its beginning, any other from the relay on.
 * Until a sink is attached (that is, until the peer was verified) what one read of the kernel holds is kept and reading stops. The one
 * thing a reader might get wrong: bytes in `landing` are only ours inside the callback, bytes in a slab are ours until every write of
 * them was acknowledged.
 */
import type net from 'node:net';
import { TLSSocket } from 'node:tls';
import { readInto } from '../linux/descriptor.ts';
import type { Slab, SlabPool } from './slabs.ts';
import { BULK_BYTES, landing, slabs } from './slabs.ts';

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
  /** Passed to `net.connect` / `tls.connect` as it is. */
  readonly onread: { buffer: () => Buffer; callback: (bytes: number, buffer: Uint8Array) => boolean };
  readonly #pool: SlabPool;
  #socket: net.Socket | undefined;
  #sink: Sink | undefined;
  #early: Buffer[] = [];
  #lease: Lease | undefined;
  #flushDue = false;
  /** Bytes written and not yet acknowledged. */
  #outstanding = 0;
  #stopped = false;
  /** Reading goes on when fewer than this are outstanding. */
  #resumeBelow = 0;

  constructor(pool: SlabPool = slabs) {
    this.#pool = pool;
    this.onread = {
      buffer: () => this.#nextBuffer(),
      callback: (bytes, buffer) => this.#read(bytes, buffer),
    };
  }

  /** For a socket that was made without one. @returns undefined where it cannot have one (`readInto`) */
  static of(socket: net.Socket): SlabReader | undefined {
    const reader = new SlabReader();
    const read = readInto(socket, reader.onread);
    if (read?.unread !== undefined) reader.#early.push(read.unread);
    return read === undefined ? undefined : reader;
  }

  /** Starts delivery: what came early first, in order, then everything as it arrives. */
  attach(socket: net.Socket, sink: Sink): void {
    this.#socket = socket;
    this.#sink = sink;
    for (let bytes = this.#early.shift(); bytes !== undefined; bytes = this.#kept()) this.#write(bytes, undefined);
    this.#stopped = false;
    socket.resume();
  }

  /** The next `count` bytes, for a step before the relay. What came with them is kept and goes ahead of what `attach` delivers. */
  take(socket: net.Socket, count: number, done: (bytes: Buffer) => void): void {
    let taken = Buffer.alloc(0);
    this.attach(socket, {
      write: (bytes, written) => {
        taken = Buffer.concat([taken, bytes]);
        written();
        if (taken.length < count) return;
        this.#sink = undefined;
        if (taken.length > count) this.#early.unshift(taken.subarray(count));
        done(taken.subarray(0, count));
      },
      waiting: 0,
    });
  }

  /** Writes out what was gathered; the relay calls it before it ends the sink. */
  flush(): void {
    this.#flushDue = false;
    const lease = this.#lease;
    if (lease === undefined || lease.filled === lease.flushed) return;
    const bytes = lease.slab.bytes.subarray(lease.flushed, lease.filled);
    lease.flushed = lease.filled;
    lease.users += 1;
    this.#write(bytes, lease);
  }

  /** The next early bytes, while there is still somebody to have them. */
  #kept(): Buffer | undefined {
    return this.#sink === undefined ? undefined : this.#early.shift();
  }

  #nextBuffer(): Buffer {
    const lease = this.#lease;
    return lease === undefined ? landing : lease.slab.tail(lease.filled);
  }

  #read(bytes: number, buffer: Uint8Array): boolean {
    if (this.#sink === undefined) {
      this.#early.push(Buffer.from(buffer.subarray(0, bytes)));
      this.#stopped = true;
      return false;
    }
    if (this.#lease === undefined) this.#landed(bytes);
    else this.#filled(this.#lease, bytes);
    if (!this.#stopped && this.#outstanding >= this.#pool.slabBytes && this.#sink.waiting > 0) this.#stop(this.#pool.slabBytes);
    return !this.#stopped;
  }

  #stop(resumeBelow: number): void {
    this.#stopped = true;
    this.#resumeBelow = resumeBelow;
  }

  /** A read into the shared landing buffer: short ones are written at once, a long one opens a slab. */
  #landed(bytes: number): void {
    if (bytes < BULK_BYTES) {
      this.#write(Buffer.from(landing.subarray(0, bytes)), undefined);
      return;
    }
    const lease = this.#open();
    landing.copy(lease.slab.bytes, 0, 0, bytes);
    this.#filled(lease, bytes);
  }

  /**
   * A read into the slab, behind what is there. A short one ends the lease. A full slab is exchanged for an empty one. Where its bytes
   * are still waiting, a plain socket reads nothing until the last of them has left, and then from the slab's beginning: a stalled
   * reader holds one slab. A TLS socket goes on delivering what it has decrypted already, which lands and gets a slab of its own.
   */
  #filled(lease: Lease, bytes: number): void {
    lease.filled += bytes;
    const bulk = bytes >= BULK_BYTES;
    if (bulk && this.#pool.slabBytes - lease.filled >= BULK_BYTES) {
      this.#flushLater();
      return;
    }
    this.flush();
    const blocked = this.#sink !== undefined && this.#sink.waiting > 0;
    if (bulk && blocked && !(this.#socket instanceof TLSSocket)) {
      lease.filled = 0;
      lease.flushed = 0;
      this.#stop(1);
      return;
    }
    this.#lease = undefined;
    this.#release(lease);
    if (bulk && !blocked) this.#open();
  }

  #open(): Lease {
    const lease = { slab: this.#pool.lease(), filled: 0, flushed: 0, users: 1 };
    this.#lease = lease;
    return lease;
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
    this.#sink?.write(bytes, () => {
      this.#outstanding -= bytes.length;
      if (lease !== undefined) this.#release(lease);
      if (this.#stopped && this.#outstanding < this.#resumeBelow) {
        this.#stopped = false;
        this.#socket?.resume();
      }
    });
  }

  #release(lease: Lease): void {
    lease.users -= 1;
    if (lease.users === 0) this.#pool.giveBack(lease.slab);
  }
}
