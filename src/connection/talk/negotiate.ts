/**
 * What is said before the relay in the protocol of the application: in clear before TLS starts, and inside TLS once the peer was
 * accepted. The protocols themselves are in src/protocols/; this step gives them sockets, the clock and the service's settings, and
 * turns what happens into the events and errors of the connection. Nothing is relayed in clear because a negotiation failed.
 */

import { OvercoatError } from '../../errors.ts';
import { isLocalAddress } from '../../linux/network/local-addresses.ts';
import type { Target } from '../../protocols/conversation.ts';
import type { DialogueOptions } from '../../protocols/driver.ts';
import { Dialogue } from '../../protocols/driver.ts';
import type { ConversationInput } from '../../protocols/input.ts';
import type { Direction } from '../../protocols/table.ts';
import { directionFor } from '../../protocols/table.ts';
import type { LegName } from '../../sockets/leg.ts';
import { describeSystemError } from '../../text/system-error.ts';
import type { TlsLeg } from '../../tls/engine/engine.ts';
import { resolveAddress } from '../dial/targets.ts';
import type { Life } from '../life/life.ts';
import { withStepErrors } from '../life/step-errors.ts';
import type { Accepted, Destination, Dialled, Service } from '../record.ts';
import { clientEnds } from '../record.ts';
import { tlsFactsOf } from './tls-facts.ts';

/** What a negotiation needs of its connection. */
export interface NegotiationContext {
  readonly accepted: Accepted;
  readonly service: Service;
  readonly life: Life;
  /** Client mode: where the client was going before netfilter handed it to us. */
  readonly intercepted?: () => { readonly host: string; readonly port: number };
}

/** Server mode: dials the target, or without one the service's own upstream. */
export type Dial = (target?: Target) => Promise<Dialled>;

/** The protocol a service speaks before the relay; undefined: the connection begins with TLS. */
export function protocolOf(service: Service, destination?: Destination): Direction | undefined {
  const [first] = destination?.addresses ?? [];
  return directionFor(service.config.protocol.name, service.config.mode, first?.kind === 'tcp' ? first.port : undefined);
}

/**
 * @param dialled client mode: the upstream, with TCP up
 * @returns undefined without a protocol: there is nothing to be said before the relay
 */
export function negotiationIn(
  direction: Direction | undefined,
  dialled: Dialled | undefined,
  context: NegotiationContext,
): Negotiation | undefined {
  return direction && new Negotiation(direction, dialled, context);
}

/** One negotiation: a part in clear and a part inside TLS. */
class Negotiation {
  /** Server mode: what was dialled on the conversation's wish. */
  upstream: Dialled | undefined;
  readonly #dialogue: Dialogue<void>;
  #dial: Dial | undefined;
  readonly #life: Life;

  constructor(direction: Direction, dialled: Dialled | undefined, context: NegotiationContext) {
    this.#life = context.life;
    this.#dialogue = new Dialogue(direction.converse(inputOf(context)), this.#optionsOf(dialled, context));
  }

  /**
   * The part in clear. When it resolves the leg's next byte is TLS.
   * @throws OvercoatError `negotiation_failed`, `negotiation_injected`, `negotiation_timeout`, `destination_refused`, or what a dial
   *   failed with
   */
  async inClear(dial?: Dial): Promise<void> {
    this.#life.enter('negotiation');
    this.#dial = dial;
    const pause = await this.#run();
    if (pause.kind !== 'start-tls') throw new OvercoatError('internal', `a negotiation was ${pause.kind} before TLS`);
  }

  /** The part inside TLS; what the legs sent beyond it is back in them. @param service the one that serves from here on */
  async insideTls(name: LegName, secured: TlsLeg, service: Service, dial?: Dial): Promise<void> {
    this.#life.enter('negotiation');
    this.#dial = dial;
    this.#dialogue.secured(name, secured, tlsFactsOf(secured, service.config));
    const pause = await this.#run();
    if (pause.kind !== 'done') throw new OvercoatError('internal', `a negotiation was ${pause.kind} inside TLS`);
  }

  /** Runs to the next pause. An end that needs no relay ends the connection here. */
  async #run(): ReturnType<Dialogue<void>['run']> {
    const pause = await withStepErrors(this.#dialogue.run(), this.#life, (cause) => this.#explained(cause));
    if (pause.kind === 'idle') {
      this.#life.emit({ kind: 'limit-exceeded', limit: 'TIMEOUTidle', action: 'sending reset' });
      this.#life.end({ kind: 'idle' });
    }
    if (pause.kind === 'over') this.#life.end({ kind: 'finished' });
    return pause;
  }

  /** A leg failed while the dialogue ran: the negotiation has failed, or, once the dialogue has settled, the relay was reset. */
  #explained(cause: unknown): unknown {
    if (this.#life.phase === 'relay') this.#life.end({ kind: 'upstream-reset' });
    const { text, errno } = describeSystemError(cause);
    return new OvercoatError('negotiation_failed', `The connection failed in the negotiation: ${text} (${errno})`, cause);
  }

  #optionsOf(dialled: Dialled | undefined, { accepted, service, life }: NegotiationContext): DialogueOptions {
    const { limits } = service.config;
    return {
      client: accepted.leg,
      upstream: dialled?.leg,
      waiter: life,
      busyMs: limits.busyMs,
      idleMs: limits.idleMs,
      resolve: (host) => addressesOf(host, life),
      dial: async (target) => {
        if (this.#dial === undefined) throw new OvercoatError('internal', 'only server mode dials on a conversation’s wish');
        this.upstream = await this.#dial(target);
        const { leg } = this.upstream;
        return { leg, local: leg.local };
      },
      settled: () => life.enter('relay'),
      answers: (leg) => life.answers(leg),
      moved: (to, bytes) => life.moved(to, bytes),
    };
  }
}

function inputOf({ accepted, service, intercepted }: NegotiationContext): ConversationInput {
  const { source, destination } = clientEnds(accepted);
  const { protocol, verify, psk } = service.config;
  const authenticates = verify.require || psk !== undefined;
  return {
    config: { ...protocol, cancelInClear: protocol.cancelInClear ?? !authenticates },
    rules: { ...service.config.targets, isOwn: isLocalAddress },
    client: source,
    local: destination,
    originalDestination: () => {
      if (intercepted === undefined) throw new OvercoatError('internal', 'only client mode has an original destination');
      const { host, port } = intercepted();
      return { address: host, port };
    },
  };
}

async function addressesOf(host: string, life: Life): Promise<readonly string[]> {
  const found = await resolveAddress({ kind: 'tcp', host, port: 0 }, (name, text) =>
    life.emit({ kind: 'resolve-failed', host: name, text }),
  );
  return found.flatMap((address) => (address.kind === 'tcp' ? [address.host] : []));
}
