/**
 * Hands an accepted socket to a `tls.Server` that never listens and gives the outcome back to the connection it belongs to. The
 * server announces sockets, not connections, so those in their handshake are kept in a map by their raw socket.
 */
import type net from 'node:net';
import type { Duplex } from 'node:stream';
import type tls from 'node:tls';
import { rawSocketOf } from '../linux/descriptor.ts';
import { WatchedLeg, watchEnding } from '../tls/watched-leg.ts';

export interface Waiting {
  readonly done: (socket: tls.TLSSocket) => void;
  readonly fail: (cause: Error) => void;
}

/** Sockets in their handshake (or the streams in their place); the entry leaves with the outcome. */
const waiting = new WeakMap<Duplex, Waiting>();
const prepared = new WeakSet<tls.Server>();

/**
 * Starts the handshake.
 * @param watched tell an end of the stream from a cut (strictClose)
 * @returns a function that gives up waiting; ending the socket is the caller's
 */
export function acceptTls(server: tls.Server, raw: net.Socket, watched: boolean, { done, fail }: Waiting): () => void {
  if (!prepared.has(server)) prepare(server);
  const below = watched ? new WatchedLeg(raw) : raw;
  waiting.set(below, { done, fail });
  below.allowHalfOpen = false; // a client that leaves during the handshake must fail it; the TLS socket takes this over
  server.emit('connection', below);
  return () => waiting.delete(below);
}

function prepare(server: tls.Server): void {
  prepared.add(server);
  server.on('secureConnection', (socket) => {
    const below = rawSocketOf(socket);
    if (below instanceof WatchedLeg) watchEnding(socket, below);
    if (below !== undefined) below.allowHalfOpen = true;
    socket.allowHalfOpen = true;
    waitingFor(socket)?.done(socket);
  });
  server.on('tlsClientError', (error, socket) => {
    waitingFor(socket)?.fail(error);
    // The runtime leaves the connection open after some of these (its own handshake limit, for one).
    socket.destroy();
  });
}

function waitingFor(socket: tls.TLSSocket): Waiting | undefined {
  const raw = rawSocketOf(socket);
  return raw === undefined ? undefined : waiting.get(raw);
}
