/** A TLS leg of a service: what `src/openssl` has, and what the rest of the program asks about a handshake. */
import type { X509Certificate } from 'node:crypto';
import type { HandshakeFacts } from '../../observe/events.ts';
import * as openssl from '../../openssl/tls-leg.ts';
import type { Socket } from '../../sockets/socket.ts';
import type { TlsLeg } from './engine.ts';
import { handshakeFacts, unknownFacts } from './handshake-facts.ts';

export class EngineLeg extends openssl.TlsLeg implements TlsLeg {
  readonly #certificate: () => X509Certificate | undefined;
  #facts: HandshakeFacts | undefined;

  /** @param certificate the peer's, as it was judged: to read it once more for each connection costs as much as the log */
  constructor(socket: Socket, options: openssl.TlsLegOptions, certificate: () => X509Certificate | undefined) {
    super(socket, options);
    this.#certificate = certificate;
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
    return this.#certificate();
  }
}
