/**
 * Is the peer's certificate revoked, says its issuer's responder? First what the peer brought along (a staple), then what was heard
 * not long ago, then the responders themselves: the configured one, then those the certificate names. Only the last takes time.
 */

import type { X509Certificate } from 'node:crypto';
import { randomBytes } from 'node:crypto';
import { isHttpUrl } from '../../address/http-url.ts';
import type { ServiceConfig } from '../../config/config.ts';
import type { OcspFlag } from '../../config/tls-config.ts';
import type { CertificateEvent, OcspStep } from '../../observe/certificate-events.ts';
import type { CertificateFacts } from '../certificate/certificate-facts.ts';
import { EXTENSION, factsOf } from '../certificate/certificate-facts.ts';
import { DER, readChildren, readConstructed } from '../certificate/der-reader.ts';
import type { OcspQuestion } from './ocsp-request.ts';
import { encodeOcspRequest, NONCE_BYTES } from './ocsp-request.ts';
import { askResponder } from './ocsp-responder.ts';
import type { OcspAnswer, OcspTrust, OcspVerdict } from './ocsp-response.ts';
import { checkOcspResponse } from './ocsp-response.ts';

export interface OcspSubject {
  readonly certificate: CertificateFacts;
  /** As found in the chain; undefined on a session that a client resumes here, and for a root. Looked for when it is needed. */
  readonly issuer: () => X509Certificate | undefined;
  readonly resumed: boolean;
  /** What the peer stapled to its handshake. */
  readonly staple: Buffer | undefined;
}

export interface OcspOutcome {
  readonly accepted: boolean;
  /** Its responder said so: not for want of an answer. */
  readonly revoked?: boolean;
  readonly events: readonly CertificateEvent[];
}

/** Answers are kept for their own time, but not for longer: a certificate may be revoked any minute. */
const MAX_KEPT_MS = 3_600_000;
const MAX_KEPT = 1000;

/** One service's questions and the answers it has heard; ends with the service as it was loaded. */
export class OcspCheck {
  readonly #service: ServiceConfig;
  readonly #anchors: () => readonly X509Certificate[];
  readonly #flags: ReadonlySet<OcspFlag>;
  /** By issuer and serial number, the oldest first. */
  readonly #kept = new Map<string, OcspVerdict>();
  /** Questions on their way: two connections at once ask once. */
  readonly #asking = new Map<string, Promise<OcspOutcome>>();

  /** @param anchors the service's trusted certificates, for TRUSTOTHER */
  constructor(service: ServiceConfig, anchors: () => readonly X509Certificate[]) {
    this.#service = service;
    this.#anchors = anchors;
    this.#flags = new Set(service.revocation.ocsp.flags);
  }

  check({ certificate, issuer: findIssuer, resumed, staple }: OcspSubject, now: Date): OcspOutcome | Promise<OcspOutcome> {
    const { nonce, require } = this.#service.revocation.ocsp;
    const responders = respondersFor(this.#service, certificate);
    const awaited = this.#service.mode === 'client' && !resumed;
    const told = awaited ? [step({ step: 'staple', received: staple !== undefined })] : [];
    const promised = awaited && this.#service.verify.profile === 'strict' && promisesStaple(certificate);
    if (responders.urls.length === 0 && staple === undefined)
      return promised ? inconclusive(true, told) : nothingToAsk(certificate, told, responders);
    const key = `${certificate.issuer.toString('base64')} ${certificate.serial}`;
    const known = this.#kept.get(key);
    if (known !== undefined && known.until >= now) return conclude(known, told, require);
    const issuer = findIssuer();
    const issuerFacts = issuer === undefined ? undefined : factsOf(issuer);
    if (issuer === undefined || issuerFacts === undefined)
      return withoutIssuer(certificate, resumed || responders.urls.length === 0, told, require);
    const question = { certificate, issuer: issuerFacts, nonce: nonce ? randomBytes(NONCE_BYTES) : undefined };
    const trust = this.#trustIn(issuer);
    const stapled = staple === undefined ? undefined : this.#readStaple(staple, question, trust, key, now);
    const events = [...told, ...(stapled?.events ?? [])];
    if (stapled?.verdict !== undefined) return conclude(stapled.verdict, events, require);
    if (responders.urls.length === 0)
      return promised ? inconclusive(true, events) : { accepted: true, events: [...events, ...aboutUrls(responders)] };
    const running = this.#asking.get(key) ?? this.#ask(responders, question, trust, key).finally(() => this.#asking.delete(key));
    this.#asking.set(key, running);
    return running.then((outcome) => ({ ...outcome, events: [...events, ...outcome.events] }));
  }

  #trustIn(issuer: X509Certificate): OcspTrust {
    const others = this.#flags.has('TRUSTOTHER') ? this.#anchors() : [];
    return { issuer, others, flags: this.#flags, weakAllowed: this.#service.tls.securityLevel === 0 };
  }

  /** A staple has no nonce: where one is wanted it can only do harm, not good. */
  #readStaple(
    staple: Buffer,
    question: OcspQuestion,
    trust: OcspTrust,
    key: string,
    now: Date,
  ): { readonly verdict: OcspVerdict | undefined; readonly events: readonly CertificateEvent[] } {
    const answer = checkOcspResponse(staple, { ...question, nonce: undefined }, trust, now);
    if (isVerdict(answer) && (answer.kind === 'revoked' || question.nonce === undefined)) {
      this.#keep(key, answer, now);
      return { verdict: answer, events: [step({ step: 'answer', status: answer.kind })] };
    }
    const why = answer.kind === 'invalid' ? answer.why : answer.kind;
    return { verdict: undefined, events: [step({ step: 'staple-ignored', why })] };
  }

  async #ask(responders: Responders, question: OcspQuestion, trust: OcspTrust, key: string): Promise<OcspOutcome> {
    const { timeoutMs, require } = this.#service.revocation.ocsp;
    const events: CertificateEvent[] = [];
    const request = encodeOcspRequest(question);
    for (const { url, origin } of responders.urls) {
      events.push(step({ step: 'asking', origin, url }));
      const response = await askResponder(url, request, timeoutMs);
      const now = new Date();
      const answer: OcspAnswer =
        typeof response === 'string' ? { kind: 'invalid', why: response } : checkOcspResponse(response, question, trust, now);
      events.push(step(answer.kind === 'invalid' ? { step: 'no-answer', why: answer.why } : { step: 'answer', status: answer.kind }));
      if (isVerdict(answer)) {
        this.#keep(key, answer, now);
        return conclude(answer, events, require);
      }
    }
    return inconclusive(require, [...events, ...aboutUrls(responders)]);
  }

  #keep(key: string, answer: OcspVerdict, now: Date): void {
    if (this.#service.revocation.ocsp.nonce) return; // whoever wants nonces wants answers made for the question
    const until = new Date(Math.min(answer.until.getTime(), now.getTime() + MAX_KEPT_MS));
    this.#kept.set(key, { ...answer, until });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_KEPT) break;
      this.#kept.delete(oldest);
    }
  }
}

function isVerdict(answer: OcspAnswer): answer is OcspVerdict {
  return answer.kind === 'good' || answer.kind === 'revoked';
}

interface Responder {
  readonly url: string;
  readonly origin: 'configured' | 'AIA';
}

interface Responders {
  readonly urls: readonly Responder[];
  /** Those of the certificate were to be asked, and it names none. */
  readonly noneNamed: boolean;
}

function respondersFor({ revocation }: ServiceConfig, certificate: CertificateFacts): Responders {
  const { url, aia } = revocation.ocsp;
  const configured: Responder[] = url === undefined ? [] : [{ url, origin: 'configured' }];
  const named = aia ? ocspUrls(certificate).map((one): Responder => ({ url: one, origin: 'AIA' })) : [];
  return { urls: [...configured, ...named], noneNamed: aia && named.length === 0 };
}

/** OID 1.3.6.1.5.5.7.48.1, access by OCSP. */
const BY_OCSP = '2b06010505073001';
/** Responders a certificate may name before we stop. */
const MAX_URLS = 4;

/** Of the extensions a server promises (RFC 7633): status_request of RFC 6066. */
const STATUS_REQUEST = '05';

/** Does it say that its server staples a response to every handshake ("Must-Staple", RFC 7633)? */
export function promisesStaple({ extensions }: CertificateFacts): boolean {
  const value = extensions.get(EXTENSION.tlsFeature);
  const features = value === undefined ? undefined : readConstructed(value, DER.sequence);
  return features?.some(({ tag, content }) => tag === DER.integer && content.toString('hex') === STATUS_REQUEST) === true;
}

/** The http responders of authorityInfoAccess (RFC 5280 section 4.2.2.1). */
export function ocspUrls(certificate: CertificateFacts): readonly string[] {
  const value = certificate.extensions.get(EXTENSION.authorityInfoAccess);
  const descriptions = value === undefined ? [] : (readConstructed(value, DER.sequence) ?? []);
  const urls = descriptions.flatMap((description) => {
    const [method, location] = readChildren(description.content) ?? [];
    return method?.content.toString('hex') === BY_OCSP && location?.tag === 0x86 ? [location.content.toString('latin1')] : [];
  });
  return urls.filter(isHttpUrl).slice(0, MAX_URLS);
}

/** URLs of the responders that a certificate of ours names, which a server asks for staples. */
export function stapleResponders(own: X509Certificate | undefined): readonly string[] {
  const facts = own === undefined ? undefined : factsOf(own);
  return facts === undefined ? [] : ocspUrls(facts);
}

function step(what: OcspStep): CertificateEvent {
  return { kind: 'ocsp', ...what };
}

function aboutUrls({ noneNamed }: Responders): readonly CertificateEvent[] {
  return noneNamed ? [step({ step: 'no-url' })] : [];
}

/** Nobody is to be asked; a root's own certificate is no reason to say anything about staples. */
function nothingToAsk(certificate: CertificateFacts, told: readonly CertificateEvent[], responders: Responders): OcspOutcome {
  return { accepted: true, events: isRoot(certificate) ? [step({ step: 'root' })] : [...told, ...aboutUrls(responders)] };
}

function conclude({ kind }: OcspVerdict, events: readonly CertificateEvent[], required: boolean): OcspOutcome {
  return { accepted: kind === 'good', revoked: kind === 'revoked', events: [...events, step({ step: 'verdict', status: kind, required })] };
}

function inconclusive(required: boolean, events: readonly CertificateEvent[]): OcspOutcome {
  return { accepted: !required, events: [...events, step({ step: 'verdict', status: 'inconclusive', required })] };
}

/** A root answers for itself. @param asked nobody is to be asked, or was when the session that is resumed was begun */
function withoutIssuer(certificate: CertificateFacts, asked: boolean, told: readonly CertificateEvent[], required: boolean): OcspOutcome {
  if (isRoot(certificate)) return { accepted: true, events: [step({ step: 'root' })] };
  return asked ? { accepted: true, events: told } : inconclusive(required, [...told, step({ step: 'no-issuer' })]);
}

function isRoot({ issuer, subject }: CertificateFacts): boolean {
  return issuer.equals(subject);
}
