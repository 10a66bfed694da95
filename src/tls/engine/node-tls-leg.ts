/** A leg over the runtime's TLS socket. */
import type { X509Certificate } from 'node:crypto';
import { createHash } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { HandshakeFacts } from '../../observe/events.ts';
import { NodeLeg } from '../../sockets/node-leg.ts';
import { DER, readConstructed } from '../certificate/der-reader.ts';
import type { Peer, Verdict } from '../verdict/verify.ts';
import type { HandshakeOrder, HandshakeOutcome, TlsLeg } from './engine.ts';
import { handshakeFacts } from './handshake-facts.ts';
import type { Ending } from './watched-leg.ts';

/** Position in OpenSSL's SSL_SESSION (ssl/ssl_asn1.c), after version, protocol, cipher and session id. */
const MASTER_SECRET = 4;

export class NodeTlsLeg extends NodeLeg implements TlsLeg {
  override readonly kind = 'tls';
  readonly #socket: TLSSocket;
  readonly #role: 'client' | 'server';
  readonly #ending: Ending | undefined;

  /** @param ending knows whether the stream was ended or cut off, where that is asked for */
  constructor(socket: TLSSocket, role: 'client' | 'server', ending: Ending | undefined) {
    super(socket);
    this.#socket = socket;
    this.#role = role;
    this.#ending = ending;
  }

  facts(): HandshakeFacts {
    return handshakeFacts(this.#socket, this.#role);
  }

  get alpn(): string | undefined {
    const agreed: unknown = this.#socket.alpnProtocol;
    return typeof agreed === 'string' ? agreed : undefined;
  }

  get serverName(): string | undefined {
    // In server mode the runtime tells what the client sent, or false.
    const asked: unknown = (this.#socket as { readonly servername?: unknown }).servername;
    return this.#role === 'server' && typeof asked === 'string' ? asked : undefined;
  }

  get certificate(): X509Certificate | undefined {
    return this.#socket.getPeerX509Certificate();
  }

  get resumed(): boolean {
    return this.#socket.isSessionReused();
  }

  /** A hash of its secret. In TLS 1.3 that is the secret of the last ticket sent, so a client that returns with an earlier one is new. */
  get session(): string | undefined {
    const session = this.#socket.getSession();
    const secret = session === undefined ? undefined : readConstructed(session, DER.sequence)?.[MASTER_SECRET];
    return secret?.tag === DER.octetString ? createHash('sha256').update(secret.content).digest('base64') : undefined;
  }

  protected override get wasCut(): boolean {
    return this.#ending?.wasCut === true;
  }

  /** `destroy` of a TLS socket would send close_notify. */
  protected override reset(): void {
    this.dissolve(this.#ending?.raw ?? this.#socket);
  }
}

/** Asks for the verdict; a judge that throws fails the handshake. @param judged hears of it before anybody else */
export function judgePeer(
  peer: Peer,
  { judge }: HandshakeOrder,
  { done, fail }: HandshakeOutcome,
  judged: (accepted: boolean) => void = () => undefined,
): void {
  const conclude = (verdict: Verdict): void => {
    judged(verdict.accepted);
    done(verdict);
  };
  try {
    const verdict = judge(peer);
    if (verdict instanceof Promise) verdict.then(conclude, fail);
    else conclude(verdict);
  } catch (cause) {
    fail(cause instanceof Error ? cause : new Error(String(cause)));
  }
}
