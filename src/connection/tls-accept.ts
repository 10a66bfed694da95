/**
 * Hands an accepted socket to a `tls.Server` that never listens and gives the outcome back to the connection it belongs to. The
 * server announces sockets, not connections, so those in their handshake are kept in a map by their raw socket.
 */
import type net from 'node:net';
import type tls from 'node:tls';
import { rawSocketOf } from '../linux/descriptor.ts';

interface Waiting {
  readonly done: (socket: tls.TLSSocket) => void;
  readonly fail: (cause: Error) => void;
}

/** Sockets in their handshake; the entry leaves with the outcome. */
const waiting = new WeakMap<net.Socket, Waiting>();
const prepared = new WeakSet<tls.Server>();

/** Starts the handshake. @returns a function that gives up waiting; ending the socket is the caller's */
export function acceptTls(server: tls.Server, raw: net.Socket, done: Waiting['done'], fail: Waiting['fail']): () => void {
  if (!prepared.has(server)) prepare(server);
  waiting.set(raw, { done, fail });
  raw.allowHalfOpen = false; // a client that leaves during the handshake must fail it; the TLS socket takes this over from raw
  server.emit('connection', raw);
  return () => waiting.delete(raw);
}

function prepare(server: tls.Server): void {
  prepared.add(server);
  server.on('secureConnection', (socket) => {
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
