/** The TLS client of a service: a socket with TCP up becomes the runtime's TLS socket. */
import { isIP } from 'node:net';
import type { ConnectionOptions, DetailedPeerCertificate } from 'node:tls';
import { connect } from 'node:tls';
import type { ServiceConfig } from '../../config/config.ts';
import type { Leg } from '../../sockets/leg.ts';
import { nodeLegOf } from '../../sockets/node-leg.ts';
import type { ClientSessions } from './client-sessions.ts';
import { createClientSessions } from './client-sessions.ts';
import type { Contents } from './context.ts';
import { clientKeyShares, connectOptions } from './context.ts';
import type { HandshakeOrder, HandshakeOutcome, TlsEndpoint } from './engine.ts';
import type { KeyShares } from './key-shares.ts';
import { judgePeer, NodeTlsLeg } from './node-tls-leg.ts';
import { WatchedLeg, watchEnding } from './watched-leg.ts';

export class NodeTlsClient implements TlsEndpoint {
  /** What its handshakes may resume. */
  readonly sessions: ClientSessions;
  readonly #strictClose: boolean;
  readonly #keyShares: KeyShares;
  readonly #options: ConnectionOptions;

  /** @throws as `connectOptions` */
  constructor(service: ServiceConfig, contents: Contents) {
    this.sessions = createClientSessions(service.sessions, { psk: contents.psk !== undefined, staple: service.verify.chain });
    this.#strictClose = service.strictClose;
    this.#keyShares = clientKeyShares(service, contents);
    this.#options = connectOptions(service, contents, this.#keyShares);
  }

  handshake(leg: Leg, order: HandshakeOrder, outcome: HandshakeOutcome): () => void {
    const { destination, serverName } = order;
    const use = this.sessions.begin(destination, serverName);
    const raw = nodeLegOf(leg).surrender();
    const watched = this.#strictClose ? new WatchedLeg(raw) : undefined;
    const socket = connect({
      ...this.#options,
      secureContext: this.#keyShares.contextFor(destination),
      socket: watched ?? raw,
      ...(use.session === undefined ? {} : { session: use.session }),
      ...namesOf(order, this.#options),
    });
    // Node would build the legacy certificate object (a tenth of a handshake) only to hand it to a check that is not ours.
    socket.getPeerCertificate = () => ({}) as DetailedPeerCertificate;
    use.watch(socket);
    this.#keyShares.watch(socket, destination);
    outcome.took(new NodeTlsLeg(socket, 'client', watched === undefined ? undefined : watchEnding(socket, watched)));
    const onSecure = (): void => judgePeer(use.peerOf(socket), order, outcome, (accepted) => use.judged(accepted));
    socket.once('secureConnect', onSecure).once('error', outcome.fail);
    return () => socket.off('secureConnect', onSecure).off('error', outcome.fail);
  }
}

function namesOf({ serverName, alpn }: HandshakeOrder, { ALPNProtocols }: ConnectionOptions): ConnectionOptions {
  return {
    ...(serverName !== undefined && isIP(serverName) === 0 ? { servername: serverName } : {}),
    ...(ALPNProtocols === undefined && alpn.length > 0 ? { ALPNProtocols: [...alpn] } : {}),
  };
}
