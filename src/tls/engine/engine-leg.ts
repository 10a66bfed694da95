/** A TLS leg of a service: what `src/openssl` has, and what the rest of the program asks about a handshake. */
import type { X509Certificate } from 'node:crypto';
import type { HandshakeFacts } from '../../observe/events.ts';
import * as openssl from '../../openssl/connection/tls-leg.ts';
import type { TlsLegOptions } from '../../openssl/context/leg-options.ts';
import type { Socket } from '../../sockets/socket.ts';
import type { TlsLeg } from './engine.ts';
import { handshakeFacts, unknownFacts } from './handshake-facts.ts';
import type { KnownPeer } from './session-store.ts';

/** An object and no function: one made while a handshake begins would keep all of that alive as long as the leg, 2 KB of it. */
interface Judged {
  readonly peer: Pick<KnownPeer, 'certificate'>;
}

export class EngineLeg extends openssl.TlsLeg implements TlsLeg {
  readonly #judging: Judged;
  #facts: HandshakeFacts | undefined;

  /** @param judging who knows the peer as it was judged: to read its certificate once more for each connection costs as much as the log */
  constructor(socket: Socket, options: TlsLegOptions, judging: Judged) {
    super(socket, options);
    this.#judging = judging;
  }

  facts(): HandshakeFacts {
    const { role } = this.context.options;
    this.#facts ??= this.gone ? unknownFacts(role) : handshakeFacts(this.agreed, role);
    return this.#facts;
  }

  get alpn(): string | undefined {
    return this.gone ? undefined : this.agreed.alpn;
  }

  get serverName(): string | undefined {
    return this.gone || this.context.options.role === 'client' ? undefined : this.agreed.serverName;
  }

  get resumed(): boolean {
    return !this.gone && this.agreed.resumed;
  }

  get session(): string | undefined {
    return this.gone ? undefined : this.agreed.sessionName;
  }

  get certificate(): X509Certificate | undefined {
    return this.#judging.peer.certificate;
  }
}
