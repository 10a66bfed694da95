/**
 * The descriptor number below one of Node's sockets. Node has no public way to ask for it, so this file is the only one that looks
 * at `_handle` and `_parent`; a version that moves it breaks here and in this file's test, nowhere else.
 */
import type { Server, Socket } from 'node:net';
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
 * the connection that handed the raw one over is found again.
 */
export function rawSocketOf(secured: TLSSocket): Socket | undefined {
  return (secured as unknown as { readonly _parent?: Socket | null })._parent ?? undefined;
}
