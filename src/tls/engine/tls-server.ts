/** The TLS server of a service, and of the virtual hosts that share its port. */
import { X509Certificate } from 'node:crypto';
import type { ServiceConfig } from '../../config/config.ts';
import type { Context } from '../../openssl/context/context.ts';
import type { Choice, TlsLegOptions } from '../../openssl/context/leg-options.ts';
import { OpensslError } from '../../openssl/library/errors.ts';
import type { Leg } from '../../sockets/leg.ts';
import { plainLegOf } from '../../sockets/plain-leg.ts';
import { stapleResponders } from '../revocation/ocsp-check.ts';
import { CHOSEN_ALERTS } from '../verdict/alert.ts';
import type { Contents } from './context.ts';
import { serverContext } from './context.ts';
import type { HandshakeOrder, HandshakeOutcome, HostChoice, TlsEndpoint } from './engine.ts';
import { EngineLeg } from './engine-leg.ts';
import { Judging } from './judging.ts';
import { OwnStaple } from './ocsp-stapling.ts';
import type { KeepSessions } from './server-session-cache.ts';
import { cacheLimit } from './server-session-cache.ts';
import { createTicketKeys } from './ticket-keys.ts';
import { supportsOldCipher } from './usable-ciphers.ts';

/** RFC 8446 section 6.2. */

export class TlsServer implements TlsEndpoint {
  readonly context: Context;
  readonly #contents: Contents;
  readonly #staple: OwnStaple | undefined;

  /**
   * @param ticketMaster the secret behind session tickets
   * @param keepSessions where other processes look for those of clients without; undefined: nobody does
   * @throws as `serverContext`
   */
  constructor(service: ServiceConfig, contents: Contents, ticketMaster: Uint8Array, keepSessions: KeepSessions | undefined) {
    const { material } = contents;
    const timeoutMs = service.revocation.ocsp.timeoutMs;
    // where nobody could be asked it is left alone, as being asked for it costs every handshake
    const staple = stapleResponders(material?.leaf).length > 0 ? new OwnStaple(material?.leaf, issuer(contents), timeoutMs) : undefined;
    this.#contents = contents;
    this.#staple = staple;
    this.context = serverContext(service, contents, {
      tickets: createTicketKeys(service.sessions, ticketMaster, contents.fingerprint, { secrets: contents.ticketSecrets }),
      shelf: keepSessions?.(`sessions ${contents.fingerprint}`, cacheLimit(service.sessions)),
      staple: staple === undefined ? undefined : () => staple.current(),
    });
  }

  handshake(leg: Leg, order: HandshakeOrder, { took, done, fail }: HandshakeOutcome): () => void {
    const judging = new Judging(order, { role: 'server', staples: false, known: undefined });
    /** Why the client was refused by its name. */
    let because: Error | undefined;
    const { choose } = order;
    if (choose !== undefined) this.context.chooseByName();
    const { socket, unread, unsent } = plainLegOf(leg).handOver();
    const options: TlsLegOptions = {
      unread,
      unsent,
      context: this.context,
      judge: judging.judge,
      choose: choose === undefined ? undefined : (name, protocol) => settle(() => choose(name, protocol)),
    };
    const tls = new EngineLeg(socket, options, judging);
    let waited = true;
    took(tls);
    tls.handshake((failure) => {
      if (!waited) return;
      if (failure instanceof OpensslError && judging.verdict === undefined && failure.has(NO_CERTIFICATE)) judging.judgeNobody();
      const { verdict } = judging;
      if (because !== undefined) fail(because);
      else if (verdict !== undefined && (failure === undefined || !verdict.accepted)) done(verdict);
      else fail(failure ?? new Error('a handshake without a verdict'));
    });
    return () => {
      waited = false;
    };

    function settle(ask: () => HostChoice | Promise<HostChoice>): Choice | Promise<Choice> {
      try {
        const chosen = ask();
        return chosen instanceof Promise ? chosen.then(choiceOf, broken) : choiceOf(chosen);
      } catch (cause) {
        return broken(cause);
      }
    }

    function choiceOf(chosen: HostChoice): Choice {
      if (chosen instanceof TlsServer) return { kind: 'context', context: chosen.context };
      if (!('refuse' in chosen)) return broken(new Error('a virtual host that is no server'));
      because = chosen.because;
      return { kind: 'refuse', alert: CHOSEN_ALERTS[chosen.refuse] };
    }

    function broken(cause: unknown): Choice {
      because = cause instanceof Error ? cause : new Error(String(cause));
      return { kind: 'refuse', alert: INTERNAL_ERROR };
    }
  }

  async serve(troubled: (text: string) => void): Promise<() => void> {
    return (await this.#staple?.keepFresh(troubled)) ?? (() => undefined);
  }

  hasUsableCipher(): boolean {
    return supportsOldCipher(this.context, this.#contents);
  }
}

/** Of our own certificate, from the file it stands in or from the trusted ones. */
function issuer({ material, trust }: Contents): X509Certificate | undefined {
  const leaf = material?.leaf;
  if (leaf === undefined) return undefined;
  const beside =
    material?.kind === 'pem' || material?.kind === 'store' ? material.chain.slice(1).map((pem) => new X509Certificate(pem)) : [];
  return [...beside, ...trust.certificates()].find((one) => leaf.checkIssued(one));
}

const INTERNAL_ERROR = 80;
const NO_CERTIFICATE = 'peer did not return a certificate';
