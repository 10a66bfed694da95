/**
 * Becoming the TLS client of an upstream: on a socket Node dials itself, which is one object less, or on one that already has TCP up
 * because something was said in clear before, or because it had to be made by hand.
 */
import type net from 'node:net';
import { isIP } from 'node:net';
import tls from 'node:tls';
import { WatchedLeg, watchEnding } from '../tls/watched-leg.ts';
import type { Service } from './record.ts';

/**
 * @param where the address to dial, or `{ socket }`
 * @param serverName an IP address is never sent as SNI (RFC 6066 section 3)
 */
export function startTls(
  where: tls.ConnectionOptions | { readonly socket: net.Socket },
  serverName: string | undefined,
  service: Pick<Service, 'config' | 'tls'>,
): tls.TLSSocket {
  const destination = destinationOf(where);
  const sessions = service.tls.sessions.begin(destination, serverName);
  const { keyShares } = service.tls;
  const watched = service.config.strictClose ? watchedLegOf(where) : undefined;
  const dials = !('socket' in where);
  const socket = tls.connect({
    ...service.tls.connectOptions,
    ...(keyShares === undefined ? {} : { secureContext: keyShares.contextFor(destination) }),
    ...(watched === undefined ? where : { socket: watched }),
    ...(sessions.session === undefined || dials ? {} : { session: sessions.session }),
    ...(serverName !== undefined && isIP(serverName) === 0 ? { servername: serverName } : {}),
  });
  // As an option it would be parsed twice, a twentieth of a handshake; TLS starts later, when TCP is up.
  if (sessions.session !== undefined && dials) (socket as unknown as Resumable).setSession(sessions.session);
  // Node would build the legacy certificate object (a tenth of a handshake) only to hand it to a check that is not ours.
  socket.getPeerCertificate = () => ({}) as tls.DetailedPeerCertificate;
  sessions.watch(socket);
  keyShares?.watch(socket, destination);
  if (watched !== undefined) watchEnding(socket, watched);
  return socket;
}

/** A method of every TLSSocket that Node's types and pages leave out. */
interface Resumable {
  setSession(session: Buffer): void;
}

/** Only a socket that was dialled before can be watched: `strictClose` dials so. */
function watchedLegOf(where: tls.ConnectionOptions | { readonly socket: net.Socket }): WatchedLeg | undefined {
  return 'socket' in where && where.socket !== undefined ? new WatchedLeg(where.socket as net.Socket) : undefined;
}

/** The far end as text: sessions are resumed only there. */
function destinationOf(where: tls.ConnectionOptions | { readonly socket: net.Socket }): string {
  if ('socket' in where && where.socket !== undefined) {
    const { remoteAddress, remotePort } = where.socket as net.Socket;
    return `${remoteAddress ?? ''} ${remotePort ?? ''}`;
  }
  const { host, port, path } = where as tls.ConnectionOptions;
  return path ?? `${host ?? ''} ${port ?? ''}`;
}
