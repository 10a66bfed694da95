/** May this client come in? Everything that is decided before a byte is read. */
import type net from 'node:net';
import { remoteText } from './address-text.ts';
import type { Life } from './life.ts';
import type { Accepted } from './record.ts';

/** The client of a service with `libwrap` is announced when it was found to be admitted. */
export function admit(socket: net.Socket, life: Life): Accepted {
  const client = remoteText(socket);
  if (!life.config.libwrap) life.emit({ kind: 'accepted', client });
  return { socket, client };
}
