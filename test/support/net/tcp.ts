/** Plain TCP peers of the tests: servers on ports of the kernel's choice, and both ends of large hashed transfers. */
import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo, Server, Socket, SocketConstructorOpts, TcpSocketConnectOpts } from 'node:net';
import { connect, createServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PATIENCE_MS, within } from '../eventually.ts';
import type { Ending } from '../temp.ts';

export interface TcpServer {
  readonly port: number;
  readonly server: Server;
  /** Every connection accepted so far, in order. */
  readonly accepted: readonly Socket[];
  /** The next connection that has not been handed out yet. */
  next(): Promise<Socket>;
}

/** Listens on 127.0.0.1 (or `host`); half-open connections are allowed. Everything is destroyed when `t` ends. */
export async function listen(t: Ending, handle: (socket: Socket) => void = () => undefined, host = '127.0.0.1'): Promise<TcpServer> {
  const accepted: Socket[] = [];
  const waiting: ((socket: Socket) => void)[] = [];
  let handedOut = 0;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined); // a reset is a result the test looks at, not a crash
    accepted.push(socket);
    handle(socket);
    if (waiting.length > 0) {
      handedOut += 1;
      waiting.shift()?.(socket);
    }
  });
  server.listen(0, host);
  await once(server, 'listening');
  t.after(() => {
    for (const socket of accepted) socket.destroy();
    server.close();
  });
  const next = (): Promise<Socket> => {
    const ready = accepted[handedOut];
    if (ready === undefined) return within('a connection arrives', new Promise((resolve) => waiting.push(resolve)));
    handedOut += 1;
    return Promise.resolve(ready);
  };
  return { port: (server.address() as AddressInfo).port, server, accepted, next };
}

/** Sends back what it gets, and its end. */
export function echoServer(t: Ending, host?: string): Promise<TcpServer> {
  return listen(t, echo, host);
}

/** Writes what it reads back, with back-pressure; ends when the other side has. */
export function echo(socket: Socket): void {
  socket.on('data', (chunk) => {
    if (!socket.write(chunk)) socket.pause();
  });
  socket.on('drain', () => socket.resume());
  socket.on('end', () => socket.end());
}

/**
 * A connecting client with half-open allowed, destroyed when `t` ends: for a far end that may reset the connection before this end
 * knows that there is one. Its errors are for the test to look at.
 */
export function startDial(t: Ending, port: number, options: Partial<TcpSocketConnectOpts & SocketConstructorOpts> = {}): Socket {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true, ...options });
  socket.on('error', () => undefined);
  t.after(() => {
    socket.destroy();
  });
  return socket;
}

/** A connected client with half-open allowed, destroyed when `t` ends. Rejects when the connection is refused. */
export async function dial(t: Ending, port: number, options: Partial<TcpSocketConnectOpts & SocketConstructorOpts> = {}): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true, ...options });
  t.after(() => {
    socket.destroy();
  });
  await within('the connection opens', once(socket, 'connect'));
  socket.on('error', () => undefined);
  return socket;
}

/** Everything until the end of the stream. Rejects with the socket's error (ECONNRESET) or when it closes without an end. */
export function collect(socket: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const all = new Promise<Buffer>((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('end', () => resolve(Buffer.concat(chunks)));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('closed without an end')));
  });
  return within('the stream ends', all, 2 * PATIENCE_MS);
}

/** Exactly `length` bytes from the front of the stream; later bytes stay in it. */
export async function readExactly(socket: Duplex, length: number): Promise<Buffer> {
  const read = new Promise<Buffer>((resolve, reject) => {
    // The listener stays while we wait: attaching it anew to a stream that holds too few bytes would fire at once, for ever.
    const look = (): void => {
      const chunk = socket.read(length) as Buffer | null;
      if (chunk === null && !socket.readableEnded && !socket.destroyed) return;
      for (const name of ['readable', 'end', 'close', 'error']) socket.removeListener(name, look);
      if (chunk?.length === length) resolve(chunk);
      else reject(new Error(`the stream ended after ${chunk?.length ?? 0} of ${length} bytes`, { cause: socket.errored }));
    };
    for (const name of ['readable', 'end', 'close', 'error']) socket.on(name, look);
    look();
  });
  return within(`${length} bytes arrive`, read);
}

/** How a socket ended: the code of its error (`ECONNRESET`), or `closed`. Reads on so that the end can arrive. */
export async function ending(socket: Duplex): Promise<string> {
  if (socket.errored) return codeOf(socket.errored);
  if (socket.closed) return 'closed';
  socket.resume();
  const ended = new Promise<string>((resolve) => {
    socket.once('error', (error) => resolve(codeOf(error)));
    socket.once('close', () => resolve('closed'));
    socket.once('end', () => socket.end());
  });
  return within('the socket ends', ended);
}

/** Writes `bytes` of a repeatable pseudo-random pattern, with back-pressure, without ending. @returns SHA-256 (hex) of what was written */
export async function sendPattern(socket: Duplex, bytes: number, seed = 1): Promise<string> {
  const hash = createHash('sha256');
  for (let left = bytes; left > 0; ) {
    const chunk = pattern(seed).subarray(0, Math.min(left, PATTERN_BYTES));
    left -= chunk.length;
    hash.update(chunk);
    if (!socket.write(chunk)) await drained(socket);
    else await nextTurn();
  }
  return hash.digest('hex');
}

/** Counts and hashes everything until the end of the stream. No time limit of its own: the test's applies. */
export async function receiveHash(socket: Duplex): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash: Hash = createHash('sha256');
  let bytes = 0;
  // The plain iterator would destroy the socket at the end of the stream, its sending half included.
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    hash.update(chunk);
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** A port on 127.0.0.1 nobody listens on at this moment. Only for "connection refused"; daemons get port 0. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const PATTERN_BYTES = 65_536 + 13; // not a multiple of anything on the way, so that a lost or doubled chunk shows in the hash
const patterns = new Map<number, Buffer>();

/** The same bytes for the same seed in every process. */
export function pattern(seed: number): Buffer {
  const known = patterns.get(seed);
  if (known !== undefined) return known;
  const bytes = Buffer.allocUnsafe(PATTERN_BYTES);
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  for (let at = 0; at < bytes.length; at += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state & 0xff;
  }
  patterns.set(seed, bytes);
  return bytes;
}

async function drained(socket: Duplex): Promise<void> {
  if (socket.destroyed) throw new Error('closed while writing');
  if ((await firstOf(socket, 'drain', 'close')) === 'close') throw new Error('closed while writing');
}

/** Resolves with the first of the events, leaving no listener behind; an error rejects. */
function firstOf(socket: Duplex, ...names: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const handlers = names.map((name) => [name, () => finish(() => resolve(name))] as const);
    const onError = (error: Error): void => finish(() => reject(error));
    const finish = (settle: () => void): void => {
      for (const [name, handler] of handlers) socket.removeListener(name, handler);
      socket.removeListener('error', onError);
      settle();
    };
    for (const [name, handler] of handlers) socket.on(name, handler);
    socket.on('error', onError);
  });
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.message;
}
