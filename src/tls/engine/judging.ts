/**
 * The verdict as the library asks for it: once inside the handshake, with the chain at hand, and where a staple comes later once more.
 * Our own record of it stands here; what a failed handshake says is read in its light.
 */
import { X509Certificate } from 'node:crypto';
import type * as openssl from '../../openssl/context/verdict.ts';
import { ACCEPTED, VERIFY_ERRORS, verifyErrorName } from '../../openssl/context/verdict.ts';
import type { Blamed } from '../verdict/chain.ts';
import type { PeerFacts, Verdict } from '../verdict/verify.ts';
import type { HandshakeOrder } from './engine.ts';
import type { KnownPeer } from './session-store.ts';

/** What one side of TLS does beside what the order says. */
export interface Habits {
  readonly role: 'client' | 'server';
  /** It asks for an OCSP staple. */
  readonly staples: boolean;
  /** Client: what was known of the peer of the session that is offered. */
  readonly known: KnownPeer | undefined;
}

export class Judging {
  /** What was decided; undefined: nothing yet. */
  verdict: Verdict | undefined;
  /** Of the peer, for whoever keeps a session of it. */
  peer: KnownPeer = NOBODY;
  readonly #order: HandshakeOrder;
  readonly #habits: Habits;

  constructor(order: HandshakeOrder, habits: Habits) {
    this.#order = order;
    this.#habits = habits;
  }

  readonly judge = (shown: openssl.Peer): openssl.Verdict | Promise<openssl.Verdict> => {
    this.peer = this.#knownPeer(shown);
    const staple = this.#habits.staples && !shown.resumed ? ('later' as const) : this.peer.staple;
    return this.#take(this.#order.judge(new ShownFacts(this.peer, shown, staple, this.#order)));
  };

  /** A client whose library refused it for want of a certificate, before anybody was asked. */
  judgeNobody(): void {
    const { serverName, address } = this.#order;
    const given = this.#order.judge({ ...NOBODY, chainError: undefined, staple: undefined, serverName, address, resumed: false });
    if (!(given instanceof Promise)) this.verdict = given;
  }

  #take(given: Verdict | Promise<Verdict>): openssl.Verdict | Promise<openssl.Verdict> {
    return given instanceof Promise ? given.then((settled) => this.#settle(settled)) : this.#settle(given);
  }

  #settle(verdict: Verdict): openssl.Verdict {
    this.verdict = verdict;
    if (!verdict.accepted) return this.#order.admitsRefused?.() === true ? ACCEPTED : { accepted: false, error: numberOf(verdict.error) };
    const { withStaple } = verdict;
    if (withStaple === undefined) return ACCEPTED;
    return {
      accepted: true,
      status: (bytes) => {
        const staple = bytes === undefined || bytes.length === 0 ? undefined : Buffer.from(bytes);
        const { certificate, chainError, blamed, issuers, psk, since } = this.peer;
        this.peer = { certificate, chainError, blamed, issuers, psk, since, staple };
        return this.#take(withStaple(staple));
      },
    };
  }

  /** A resumed session shows what its full handshake had shown; of one that was not offered nobody is known. */
  #knownPeer(shown: openssl.Peer): KnownPeer {
    if (!shown.resumed) return new FreshPeer(shown);
    if (this.#habits.role === 'client') return this.#habits.known ?? NOBODY;
    const { formerError } = shown;
    const chainError = formerError === VERIFY_ERRORS.OK ? undefined : verifyErrorName(formerError);
    return { ...NOBODY, certificate: parsed(shown.certificate), chainError };
  }
}

/** Parsed and verified when asked for: a service that verifies nobody pays for nothing. */
class FreshPeer implements KnownPeer {
  readonly psk: boolean;
  readonly staple = undefined;
  readonly since = Date.now();
  readonly #shown: openssl.Peer;
  #certificate: X509Certificate | undefined | null = null;
  #chain: Chain | undefined;

  constructor(shown: openssl.Peer) {
    this.#shown = shown;
    this.psk = shown.psk;
  }

  get certificate(): X509Certificate | undefined {
    if (this.#certificate === null) this.#certificate = parsed(this.#shown.certificate);
    return this.#certificate;
  }

  get chainError(): string | undefined {
    return this.#verified.chainError;
  }

  get blamed(): Blamed | undefined {
    return this.#verified.blamed;
  }

  get issuers(): readonly X509Certificate[] {
    return this.#verified.issuers;
  }

  get #verified(): Chain {
    this.#chain ??= verified(this.#shown);
    return this.#chain;
  }
}

interface Chain {
  readonly chainError: string | undefined;
  readonly blamed: Blamed | undefined;
  readonly issuers: readonly X509Certificate[];
}

function verified(shown: openssl.Peer): Chain {
  const result = shown.verify();
  if (result === undefined) return { chainError: undefined, blamed: undefined, issuers: [] };
  const issuers = result.chain.slice(1).flatMap((der) => parsed(der) ?? []);
  if (result.error === VERIFY_ERRORS.OK) return { chainError: undefined, blamed: undefined, issuers };
  const certificate = parsed(result.blamed);
  const name = verifyErrorName(result.error);
  return {
    chainError: name === String(result.error) ? result.text : name,
    blamed: certificate === undefined ? undefined : { depth: result.depth, certificate },
    issuers,
  };
}

/** A peer, what else its handshake has shown, and whom we wanted; nothing of it is asked before somebody wants it. */
class ShownFacts implements PeerFacts {
  readonly resumed: boolean;
  readonly psk: boolean;
  readonly staple: PeerFacts['staple'];
  readonly serverName: string | undefined;
  readonly address: string | undefined;
  readonly #peer: KnownPeer;
  readonly #shown: openssl.Peer;

  constructor(peer: KnownPeer, shown: openssl.Peer, staple: PeerFacts['staple'], { serverName, address }: HandshakeOrder) {
    this.resumed = shown.resumed;
    this.psk = peer.psk;
    this.staple = staple;
    this.serverName = serverName;
    this.address = address;
    this.#peer = peer;
    this.#shown = shown;
  }

  get certificate(): X509Certificate | undefined {
    return this.#peer.certificate;
  }

  get chainError(): string | undefined {
    return this.#peer.chainError;
  }

  get blamed(): Blamed | undefined {
    return this.#peer.blamed;
  }

  get issuers(): readonly X509Certificate[] | undefined {
    return this.#peer.issuers;
  }

  get sent(): readonly X509Certificate[] {
    return this.#shown.sent.flatMap((der) => parsed(der) ?? []);
  }

  get version(): string {
    return this.#shown.version;
  }
}

/** What cannot be read is no certificate: nobody can be verified by it. */
function parsed(der: Uint8Array | undefined): X509Certificate | undefined {
  if (der === undefined) return undefined;
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}

function numberOf(name: string): number {
  const number: unknown = VERIFY_ERRORS[name as openssl.VerifyErrorName];
  return typeof number === 'number' && number !== VERIFY_ERRORS.OK ? number : VERIFY_ERRORS.APPLICATION_VERIFICATION;
}

const NOBODY: KnownPeer = { certificate: undefined, chainError: 'UNSPECIFIED', psk: false, staple: undefined, since: 0 };
