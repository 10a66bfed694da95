/**
 * Addresses as the log prints them: `HOST:PORT` without brackets, IPv4 without its mapped IPv6 form, or the path of a Unix socket;
 * the end of one that has no path has stunnel's name for it.
 */
import type net from 'node:net';
import type { Endpoint } from '../address/endpoint.ts';
import { endpoint, endpointText } from '../address/endpoint.ts';

const UNNAMED = 'unnamed socket';

/** An address that can be dialled without further look-ups. */
export type DialAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly family: 4 | 6 }
  | { readonly kind: 'unix'; readonly path: string };

export function addressText(address: DialAddress): string {
  return address.kind === 'unix' ? address.path : `${address.host}:${address.port}`;
}

export function remoteText(socket: net.Socket): string {
  return endText(endpoint(socket.remoteAddress, socket.remotePort));
}

export function localText(socket: net.Socket): string {
  return endText(endpoint(socket.localAddress, socket.localPort));
}

function endText(end: Endpoint | undefined): string {
  return end === undefined ? UNNAMED : endpointText(end);
}
