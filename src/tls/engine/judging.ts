/**
 * The verdict as the library asks for it: once inside the handshake, with the chain at hand, and where a staple comes later once more.
 * Our own record of it stands here; what a failed handshake says is read in its light.
 */
import { X509Certificate } from 'node:crypto';
import type * as openssl from '../../openssl/verdict.ts';
import { ACCEPTED, VERIFY_ERRORS, verifyErrorName } from '../../openssl/verdict.ts';
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
    const { serverName, address } = this.#order;
    const staple = this.#habits.staples && !shown.resumed ? ('later' as const) : this.peer.staple;
    const facts: PeerFacts = withFacts(this.peer, { serverName, address, resumed: shown.resumed, staple, shown });
    return this.#take(this.#order.judge(facts));
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
        this.peer = { ...this.peer, staple };
        return this.#take(withStaple(staple));
      },
    };
  }

  /** A resumed session shows what its full handshake had shown; of one that was not offered nobody is known. */
  #knownPeer(shown: openssl.Peer): KnownPeer {
    if (!shown.resumed) return freshPeer(shown);
    if (this.#habits.role === 'client') return this.#habits.known ?? NOBODY;
    const { formerError } = shown;
    const chainError = formerError === VERIFY_ERRORS.OK ? undefined : verifyErrorName(formerError);
    return { ...NOBODY, certificate: parsed(shown.certificate), chainError };
  }
}

/** Parsed and verified when asked for: a service that verifies nobody pays for nothing. */
function freshPeer(shown: openssl.Peer): KnownPeer {
  let certificate: X509Certificate | undefined | null = null;
  let chain: Chain | undefined;
  const chainOf = (): Chain => {
    chain ??= verified(shown);
    return chain;
  };
  return {
    get certificate() {
      if (certificate === null) certificate = parsed(shown.certificate);
      return certificate;
    },
    get chainError() {
      return chainOf().chainError;
    },
    get blamed() {
      return chainOf().blamed;
    },
    get issuers() {
      return chainOf().issuers;
    },
    psk: shown.psk,
    staple: undefined,
    since: Date.now(),
  };
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

interface About {
  readonly serverName: string | undefined;
  readonly address: string | undefined;
  readonly resumed: boolean;
  readonly staple: PeerFacts['staple'];
  readonly shown: openssl.Peer;
}

function withFacts(peer: KnownPeer, { serverName, address, resumed, staple, shown }: About): PeerFacts {
  return {
    get certificate() {
      return peer.certificate;
    },
    get chainError() {
      return peer.chainError;
    },
    get blamed() {
      return peer.blamed;
    },
    get issuers() {
      return peer.issuers;
    },
    get sent() {
      return shown.sent.flatMap((der) => parsed(der) ?? []);
    },
    psk: peer.psk,
    version: shown.version,
    staple,
    serverName,
    address,
    resumed,
  };
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
