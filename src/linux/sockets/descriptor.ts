/**
 * What lies below one of Node's sockets: its descriptor number, the socket under TLS, the way it is read. Node has no public way to
 * ask for these, so this file is the only one that looks at `_handle` and its like; a version that moves them breaks here and in this
 * file's tests, nowhere else.
 */
import type { Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

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
export function rawSocketOf(secured: Socket): Duplex | undefined {
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
  readonly _handle: { reading?: boolean; readStop(): number; useUserBuffer?(buffer: Uint8Array): void } | null;
  readonly _readableState?: { readonly ended?: boolean };
  [onreadProperty: symbol]: unknown;
}

/** Symbols under which the runtime keeps the buffer and callback of `onread`. Every socket has them; null where it has no `onread`. */
const ONREAD_PROPERTIES = ['kBuffer', 'kBufferGen', 'kBufferCb'] as const;

/**
 * Makes a socket read through `onread`, which the runtime itself offers only for sockets it dials: an accepted one, plain or TLS, one
 * made on a descriptor, TLS over a socket or a stream. What that saves: docs/decisions/reading-through-slabs.md. The socket stops
 * reading here; `resume` starts it again.
 * @returns `unread`: what the socket had read until then. undefined: nothing has changed, because the socket is closed or has read its
 *   end, or because this version of the runtime keeps `onread` in another way
 */
export function readInto(socket: Socket, onread: OnRead): { readonly unread: Buffer | undefined } | undefined {
  const internals = socket as unknown as Internals;
  const { _handle: handle, _readableState: state } = internals;
  if (handle?.useUserBuffer === undefined || socket.destroyed || state?.ended !== false) return undefined;
  keys ??= onreadProperties(socket);
  if (keys === undefined || !keys.every((key) => key in socket)) return undefined;
  const unread = readAll(socket);
  if (handle.reading === true) {
    handle.reading = false;
    handle.readStop();
  }
  const buffer = onread.buffer();
  const [kBuffer, kBufferGen, kBufferCb] = keys;
  internals[kBuffer] = buffer;
  internals[kBufferGen] = onread.buffer;
  internals[kBufferCb] = onread.callback;
  handle.useUserBuffer(buffer);
  return { unread };
}

/**
 * The next read of a socket goes into this buffer, not into the one that `onread` gave last. Each call costs the runtime some bytes
 * until the socket is closed, so it is for the rare case.
 * @returns false where the socket does not read through `onread`, or is closed
 */
export function readNextInto(socket: Socket, buffer: Uint8Array): boolean {
  const internals = socket as unknown as Internals;
  const handle = internals._handle;
  if (keys === undefined || handle?.useUserBuffer === undefined || !(internals[keys[0]] instanceof Uint8Array)) return false;
  internals[keys[0]] = buffer;
  handle.useUserBuffer(buffer);
  return true;
}

/** The same for all sockets; looked for once. */
let keys: readonly [symbol, symbol, symbol] | undefined;

function onreadProperties(socket: Socket): typeof keys {
  const symbols = Object.getOwnPropertySymbols(socket);
  const [buffer, generate, callback] = ONREAD_PROPERTIES.map((name) => symbols.find(({ description }) => description === name));
  const found = buffer !== undefined && generate !== undefined && callback !== undefined;
  return found ? [buffer, generate, callback] : undefined;
}

/** One `read` need not be all of it: it may stop at what was given back to the socket. */
function readAll(socket: Socket): Buffer | undefined {
  const parts: Buffer[] = [];
  const next = (): Buffer | null => (socket.readableLength > 0 ? (socket.read() as Buffer | null) : null);
  for (let part = next(); part !== null; part = next()) parts.push(part);
  return parts.length === 0 ? undefined : Buffer.concat(parts);
}
