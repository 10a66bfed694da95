/** The two ends of a socket as addresses; undefined for Unix sockets. Mapped IPv6 addresses are the IPv4 ones they stand for. */
import type net from 'node:net';
import type { Endpoint } from '../address/endpoint.ts';
import { endpoint } from '../address/endpoint.ts';
import type { Accepted } from './record.ts';

/** Both ends of the client's connection, as far as they are known. */
export function clientEnds({ socket, proxied }: Accepted): {
  readonly source: Endpoint | undefined;
  readonly destination: Endpoint | undefined;
} {
  return proxied ?? { source: remoteEndpoint(socket), destination: localEndpoint(socket) };
}

/** Who sits at the far end of an IP socket; undefined for Unix sockets. */
export function remoteEndpoint({ remoteAddress, remotePort }: net.Socket): Endpoint | undefined {
  return endpoint(remoteAddress, remotePort);
}

export function localEndpoint({ localAddress, localPort }: net.Socket): Endpoint | undefined {
  return endpoint(localAddress, localPort);
}
