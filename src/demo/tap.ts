/**
 * A cable with a window: accepts on a loopback port, dials the next station and passes everything on unchanged, metering what goes
 * from the client to the server. The demo puts taps before, between and behind its two services to show what crosses there.
 */
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Meter } from './meter.ts';

const LOOPBACK = '127.0.0.1';
/** A receiver that is still starting refuses at first; ffmpeg cannot say when it listens. */
const RETRY_EVERY_MS = 100;
const RETRIES = 80;

export class Tap {
  readonly port: number;
  readonly meter: Meter;
  readonly #server: net.Server;
  readonly #sockets: Set<net.Socket>;

  private constructor(server: net.Server, sockets: Set<net.Socket>, meter: Meter) {
    this.port = portOf(server);
    this.meter = meter;
    this.#server = server;
    this.#sockets = sockets;
  }

  /** Opens a tap; `nextPort` is asked at every connection, so what follows may be started after the tap. */
  static async open(nextPort: () => number, meter: Meter): Promise<Tap> {
    const sockets = new Set<net.Socket>();
    const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
      void join(client, nextPort(), meter, sockets);
    });
    server.listen(0, LOOPBACK);
    await once(server, 'listening');
    return new Tap(server, sockets, meter);
  }

  /** Listens again at the same port, after `close`. */
  async reopen(): Promise<void> {
    this.#server.listen(this.port, LOOPBACK);
    await once(this.#server, 'listening');
  }

  /** Resets every connection; further ones are welcome. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Resolves when every connection that came so far has been closed by both its ends. */
  async settled(): Promise<void> {
    await Promise.all([...this.#sockets].map((socket) => once(socket, 'close')));
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

/** Port of a listening server. */
export function portOf(server: net.Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('not listening on a TCP port');
  return address.port;
}

async function join(client: net.Socket, nextPort: number, meter: Meter, sockets: Set<net.Socket>): Promise<void> {
  track(client, sockets);
  const next = await dial(nextPort, client);
  if (next === undefined) {
    client.destroy();
    return;
  }
  track(next, sockets);
  client.on('data', (chunk: Buffer) => meter.take(chunk));
  pass(client, next);
  pass(next, client);
}

function track(socket: net.Socket, sockets: Set<net.Socket>): void {
  sockets.add(socket);
  socket.on('error', () => socket.destroy());
  socket.on('close', () => sockets.delete(socket));
}

async function dial(port: number, client: net.Socket): Promise<net.Socket | undefined> {
  for (let attempt = 0; attempt < RETRIES && !client.destroyed; attempt += 1) {
    const socket = net.connect({ port, host: LOOPBACK, allowHalfOpen: true });
    try {
      await once(socket, 'connect');
      return socket;
    } catch {
      await delay(RETRY_EVERY_MS);
    }
  }
  return undefined;
}

/** One direction with back-pressure and half-close; a side that breaks takes the other with it. */
function pass(from: net.Socket, to: net.Socket): void {
  from.on('data', (chunk) => {
    if (!to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => to.end());
  from.on('close', () => {
    if (!from.readableEnded) to.destroy();
  });
  from.resume();
}
