/** The TLS client of a service. */
import { ipVersion } from '../../address/ip.ts';
import type { ServiceConfig } from '../../config/config.ts';
import type { Context } from '../../openssl/context/context.ts';
import type { TlsLegOptions } from '../../openssl/context/leg-options.ts';
import type { Leg } from '../../sockets/leg.ts';
import { plainLegOf } from '../../sockets/plain-leg.ts';
import type { ClientSessions } from './client-sessions.ts';
import { createClientSessions } from './client-sessions.ts';
import type { Contents } from './context.ts';
import { clientContext } from './context.ts';
import type { HandshakeOrder, HandshakeOutcome, TlsEndpoint } from './engine.ts';
import { EngineLeg } from './engine-leg.ts';
import { Judging } from './judging.ts';
import { KeyShares } from './key-shares.ts';
import { supportsOldCipher } from './usable-ciphers.ts';

export class TlsClient implements TlsEndpoint {
  readonly context: Context;
  /** What its handshakes may resume. */
  readonly sessions: ClientSessions;
  readonly #keyShares: KeyShares;

  /** @throws as `clientContext` */
  constructor(service: ServiceConfig, contents: Contents) {
    this.context = clientContext(service, contents);
    this.sessions = createClientSessions(service.sessions);
    this.#keyShares = new KeyShares(this.context.options.groups ?? '', service.tls.securityLevel);
  }

  handshake(leg: Leg, order: HandshakeOrder, { took, done, fail }: HandshakeOutcome): () => void {
    const { context } = this;
    const { destination, serverName, alpn } = order;
    const use = this.sessions.begin(destination, serverName);
    const staples = context.options.requestStaple === true;
    const judging = new Judging(order, { role: 'client', staples, known: use.offered?.peer });
    const { socket, unread, unsent } = plainLegOf(leg).handOver();
    const options: TlsLegOptions = {
      unread,
      unsent,
      context,
      judge: judging.judge,
      alpn,
      serverName: serverName !== undefined && ipVersion(serverName) === 0 ? serverName : undefined,
      session: use.offered?.session,
      sessionReceived: use.received,
      groups: this.#keyShares.groupsFor(destination),
    };
    const tls = new EngineLeg(socket, options, judging);
    use.offered?.session.free();
    let waited = true;
    took(tls);
    tls.handshake((failure) => {
      const { verdict } = judging;
      if (failure === undefined && verdict !== undefined) {
        this.#keyShares.learn(destination, () => tls.agreed.group);
        use.judged(verdict.accepted, judging.peer);
      } else use.failed();
      if (!waited) return;
      if (verdict !== undefined && (failure === undefined || !verdict.accepted)) done(verdict);
      else fail(failure ?? new Error('a handshake without a verdict'));
    });
    return () => {
      waited = false;
    };
  }

  async serve(): Promise<() => void> {
    return () => undefined;
  }

  hasUsableCipher(): boolean {
    return supportsOldCipher(this.context, undefined);
  }
}
