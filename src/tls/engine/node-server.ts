/**
 * The TLS server of a service: an accepted socket is handed to a `tls.Server` that never listens, and the outcome goes back to the
 * connection it belongs to. The server announces sockets, not connections, so those in their handshake are kept in a map by their
 * raw socket.
 */
import type { Duplex } from 'node:stream';
import type { Server, TLSSocket } from 'node:tls';
import type { ServiceConfig } from '../../config/config.ts';
import { rawSocketOf } from '../../linux/sockets/descriptor.ts';
import { nodeLegOf } from '../../sockets/node-leg.ts';
import { freshPeer } from './client-sessions.ts';
import type { Contents } from './context.ts';
import { createServer } from './context.ts';
import type { HandshakeOrder, HandshakeOutcome, TlsEndpoint } from './engine.ts';
import { judgePeer, NodeTlsLeg } from './node-tls-leg.ts';
import { namesResponder, useStapling } from './ocsp-stapling.ts';
import type { KeepSessions } from './server-session-cache.ts';
import { cacheLimit, needsSessionCache, useSessionCache } from './server-session-cache.ts';
import { createTicketKeys, useTicketKeys } from './ticket-keys.ts';
import { WatchedLeg, watchEnding } from './watched-leg.ts';

/**
 * @param ticketMaster the secret behind session tickets
 * @param keepSessions where sessions without tickets are kept
 * @throws as `connectOptions`
 */
export function createTlsServer(
  service: ServiceConfig,
  contents: Contents,
  ticketMaster: Uint8Array,
  keepSessions: KeepSessions,
): TlsEndpoint {
  const { sessions, revocation, tls } = service;
  const server = createServer(service, contents);
  useTicketKeys(server, createTicketKeys(sessions, ticketMaster, contents.fingerprint));
  if (namesResponder(contents.material)) useStapling(server, revocation.ocsp.timeoutMs);
  if (needsSessionCache(tls, sessions)) useSessionCache(server, sessions, keepSessions(contents.fingerprint, cacheLimit(sessions)));
  return handshakesOf(server, service.strictClose);
}

interface Waiting {
  readonly order: HandshakeOrder;
  readonly outcome: HandshakeOutcome;
}

function handshakesOf(server: Server, strictClose: boolean): TlsEndpoint {
  /** Sockets in their handshake (or the streams in their place); the entry leaves with the outcome. */
  const waiting = new WeakMap<Duplex, Waiting>();
  const waitingFor = (socket: TLSSocket): Waiting | undefined => {
    const below = rawSocketOf(socket);
    return below === undefined ? undefined : waiting.get(below);
  };
  server.on('secureConnection', (socket) => {
    const below = rawSocketOf(socket);
    const ending = below instanceof WatchedLeg ? watchEnding(socket, below) : undefined;
    if (below !== undefined) below.allowHalfOpen = true;
    socket.allowHalfOpen = true;
    const found = waitingFor(socket);
    if (found === undefined) return;
    found.outcome.took(new NodeTlsLeg(socket, 'server', ending));
    judgePeer(freshPeer(socket), found.order, found.outcome);
  });
  server.on('tlsClientError', (error, socket) => {
    waitingFor(socket)?.outcome.fail(error);
    // The runtime leaves the connection open after some of these (its own handshake limit, for one).
    socket.destroy();
  });
  return {
    handshake(leg, order, outcome) {
      const raw = nodeLegOf(leg).surrender();
      const below = strictClose ? new WatchedLeg(raw) : raw;
      waiting.set(below, { order, outcome });
      below.allowHalfOpen = false; // a client that leaves during the handshake must fail it; the TLS socket takes this over
      server.emit('connection', below);
      return () => waiting.delete(below);
    },
  };
}
