/**
 * The descriptor number below one of Node's sockets. Node has no public way to ask for it, so this file is the only one that looks
 * at `_handle` and `_parent`; a version that moves it breaks here and in this file's test, nowhere else.
 */
import type { Server, Socket } from 'node:net';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';

/**
 * @param socket a connected or connecting socket (a TLSSocket gives its TCP socket's descriptor) or a listening server
 * @returns the descriptor, or -1 when the socket is closed or has none. It stays Node's: never close it, and do not keep it
 *   beyond the present turn of the event loop, since its number is used again after a close.
 */
export function descriptorOf(socket: Socket | Server): number {
  const handle = (socket as unknown as { readonly _handle?: { readonly fd?: number } | null })._handle;
  return handle?.fd ?? -1;
}

/**
 * The accepted socket below a TLS socket that a `tls.Server` made of it: the server announces only its own socket, and this is how
 * the connection that handed the raw one over is found again. It may also be a stream that was handed over in a socket's place.
 */
export function rawSocketOf(secured: TLSSocket): Duplex | undefined {
  const { _parent, _handle } = secured as unknown as Below;
  return _parent ?? _handle?._parentWrap?.stream;
}

/** A TLS socket has either a socket below it, or a stream that the runtime has wrapped. */
interface Below {
  readonly _parent?: Socket | null;
  readonly _handle?: { readonly _parentWrap?: { readonly stream?: Duplex } } | null;
}

/** How a socket reads when it reads into buffers of its owner's (`onread` of `net.connect`). */
export interface OnRead {
  readonly buffer: () => Uint8Array;
  readonly callback: (bytes: number, buffer: Uint8Array) => boolean;
}

interface Internals {
  _handle: { reading?: boolean; readStop(): number } | null;
  readonly _readableState?: { readonly ended?: boolean };
}

/**
 * Moves the connection below an accepted socket to a new socket that reads through `onread`, which the runtime itself offers only
 * for sockets it dials. A buffer per read costs a fifth of the CPU of a bulk transfer, and the garbage weighs on every stalled
 * reader. The new socket is paused; the old one is closed as an object, the connection lives on.
 * @returns what the old socket had read beside the new one, or undefined where nothing was moved: the socket is closed, its end
 *   was already read, or it still has bytes to write
 */
export function moveConnection(
  old: Socket,
  options: { readonly onread: OnRead; readonly highWaterMark: number },
): { readonly socket: Socket; readonly early: Buffer | undefined } | undefined {
  const internals = old as unknown as Internals;
  const handle = internals._handle;
  if (handle === null || old.destroyed || internals._readableState?.ended !== false || old.writableLength > 0) return undefined;
  const early = readAll(old);
  // `read` has started the reading again.
  handle.reading = false;
  handle.readStop();
  internals._handle = null;
  old.destroy();
  const socket = new net.Socket({ handle, allowHalfOpen: true, pauseOnCreate: true, ...options } as unknown as net.SocketConstructorOpts);
  return { socket, early };
}

/** One `read` need not be all of it: it may stop at what was given back to the socket. */
function readAll(socket: Socket): Buffer | undefined {
  const parts: Buffer[] = [];
  for (let part = socket.read() as Buffer | null; part !== null; part = socket.read() as Buffer | null) parts.push(part);
  return parts.length === 0 ? undefined : Buffer.concat(parts);
}
