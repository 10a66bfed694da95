/** A TLS leg of a service: what `src/openssl` has, and what the rest of the program asks about a handshake. */
import { X509Certificate } from 'node:crypto';
import type { HandshakeFacts } from '../../observe/events.ts';
import * as openssl from '../../openssl/tls-leg.ts';
import type { TlsLeg } from './engine.ts';
import { handshakeFacts, unknownFacts } from './handshake-facts.ts';

export class EngineLeg extends openssl.TlsLeg implements TlsLeg {
  #facts: HandshakeFacts | undefined;

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
    const der = this.gone ? undefined : this.agreed.certificate;
    return der === undefined ? undefined : new X509Certificate(der);
  }
}
