/**
 * The only place that ends sockets. A TLS socket has no reset of its own: `destroy()` would send close_notify and make a cut stream
 * look whole, so its connection is dissolved on the descriptor first, and closing the descriptor then sends RST.
 */
import type net from 'node:net';
import { descriptorOf } from '../linux/descriptor.ts';
import { abortConnection } from '../linux/reset.ts';
import { rawBelow } from '../tls/watched-leg.ts';

/** `close`: FIN, with close_notify on a TLS leg. `reset`: RST on a plain leg. `reset-tls`: RST on a TLS leg, no close_notify. */
export type EndHow = 'close' | 'reset' | 'reset-tls';

/** Ends a socket in the given way; safe to call on one that is already destroyed or never was connected. */
export function endSocket(socket: net.Socket, how: EndHow): void {
  if (socket.destroyed) return;
  if (how === 'reset-tls') {
    const descriptor = descriptorOf(rawBelow(socket) ?? socket);
    if (descriptor >= 0) abortConnection(descriptor);
    socket.destroy();
  } else if (how === 'reset' && isTcp(socket)) {
    resetPlain(socket);
  } else {
    socket.destroy();
  }
}

/**
 * While a FIN is on its way (`end()` in the same turn) libuv refuses to reset, and Node then drops the socket with its descriptor
 * open; such a socket goes the way of a TLS leg.
 */
function resetPlain(socket: net.Socket): void {
  if (!socket.writableEnded) {
    socket.resetAndDestroy();
    return;
  }
  abortConnection(descriptorOf(socket));
  socket.destroy();
}

/** Unix sockets have no reset; Node throws if asked for one. */
function isTcp(socket: net.Socket): boolean {
  return socket.remoteFamily !== undefined || socket.connecting;
}
