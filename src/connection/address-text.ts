/** Addresses as the log prints them: `HOST:PORT` without brackets, IPv4 without its mapped IPv6 form, or the path of a Unix socket. */
import type net from 'node:net';
import { unmapped } from '../linux/socket-address.ts';
import type { DialAddress } from './record.ts';

export function addressText(address: DialAddress): string {
  return address.kind === 'unix' ? address.path : `${address.host}:${address.port}`;
}

export function remoteText(socket: net.Socket): string {
  return socket.remoteAddress === undefined ? 'unix:' : `${unmapped(socket.remoteAddress)}:${socket.remotePort}`;
}

export function localText(socket: net.Socket): string {
  return socket.localAddress === undefined ? 'unix:' : `${unmapped(socket.localAddress)}:${socket.localPort}`;
}
