/**
 * A TCP cable that can be cut: listens on loopback, passes bytes both ways, and lets a test end either side in a way a TLS library
 * would not (a FIN without close_notify, a reset in the middle) and see how the far side ended its own. Half-open is preserved.
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { within } from '../eventually.ts';
import type { Ending } from '../temp.ts';
import { listen } from './tcp.ts';

/** How a side ended what it sends: `fin`, or `reset` (the cable saw ECONNRESET). */
export type HowEnded = 'fin' | 'reset';

export interface Cable {
  /** Where the near program plugs in. */
  readonly port: number;
  /** The next connection through the cable, once it is connected at both ends: `near` dialled the cable, the cable dialled `far`. */
  next(): Promise<Plugged>;
}

export interface Plugged {
  readonly near: CableEnd;
  readonly far: CableEnd;
}

/** One end of the cable, seen from the program it leads to. */
export interface CableEnd {
  /** Sends this program a FIN, whatever its peer said, and these bytes before it. */
  fin(before?: Buffer): void;
  /** Sends this program a RST. */
  reset(): void;
  /** How this program ended its side, once it has. */
  readonly ended: Promise<HowEnded>;
  /** The last TLS record this program sent whole: its type (RFC 8446 section 5.1), 21 is an alert. */
  lastRecordType(): number | undefined;
}

/** Opens a cable to `port` on loopback. */
export async function openCable(t: Ending, port: number): Promise<Cable> {
  const server = await listen(t);
  return { port: server.port, next: async () => plug(t, await server.next(), port) };
}

async function plug(t: Ending, near: Socket, port: number): Promise<Plugged> {
  const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  t.after(() => {
    far.destroy();
  });
  await within('the far end of the cable connects', once(far, 'connect'));
  far.on('error', () => undefined);
  return { near: endOf(near, far), far: endOf(far, near) };
}

function endOf(socket: Socket, other: Socket): CableEnd {
  const records = new RecordWatch();
  let cut = false;
  socket.on('data', (bytes: Buffer) => {
    records.take(bytes);
    if (!other.destroyed && !other.writableEnded) other.write(bytes);
  });
  socket.on('end', () => {
    if (!cut) other.end();
  });
  const ended = new Promise<HowEnded>((resolve) => {
    socket.on('end', () => resolve('fin'));
    socket.on('error', () => {
      resolve('reset');
      if (!cut) other.resetAndDestroy();
    });
  });
  return {
    fin: (before) => {
      cut = true;
      socket.end(before ?? Buffer.alloc(0));
    },
    reset: () => {
      cut = true;
      socket.resetAndDestroy();
    },
    ended,
    lastRecordType: () => records.last,
  };
}

/** Follows record boundaries without decrypting anything. */
class RecordWatch {
  last: number | undefined;
  #pending = Buffer.alloc(0);

  take(bytes: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    while (this.#pending.length >= 5) {
      const end = 5 + this.#pending.readUInt16BE(3);
      if (this.#pending.length < end) return;
      this.last = this.#pending[0];
      this.#pending = this.#pending.subarray(end);
    }
  }
}
