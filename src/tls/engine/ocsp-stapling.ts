/**
 * Stapling as a server: the responder that our own certificate names is asked ahead, and its answer goes along with the handshakes of
 * clients that want it. A handshake never waits for it: what is there is sent, what is missing is fetched meanwhile.
 */
import { X509Certificate } from 'node:crypto';
import { factsOf, readCertificate } from '../certificate/certificate-facts.ts';
import { ocspUrls, promisesStaple } from '../revocation/ocsp-check.ts';
import type { OcspQuestion } from '../revocation/ocsp-request.ts';
import { encodeOcspRequest } from '../revocation/ocsp-request.ts';
import { askResponder } from '../revocation/ocsp-responder.ts';
import { checkOcspResponse } from '../revocation/ocsp-response.ts';

/** After a failure. */
const RETRY_MS = 60_000;
/** However long an answer is good for, it is renewed after this; else at half its time. */
const REFRESH_MS = 12 * 3_600_000;

/** Node's timers hold 31 bits. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** What was fetched; times in milliseconds since 1970. */
export interface Staple {
  readonly response: Buffer | undefined;
  readonly validUntil: number;
  readonly refreshAt: number;
}

const NONE: Staple = { response: undefined, validUntil: 0, refreshAt: 0 };

export class OwnStaple {
  readonly #certificate: Buffer | undefined;
  readonly #issuer: Buffer | undefined;
  readonly #timeoutMs: number;
  readonly #fetch: typeof fetchStaple;
  readonly #promised: boolean;
  #staple = NONE;
  #fetching: Promise<void> | undefined;
  /** Of the listeners that serve with it: only with them it is fetched without being asked for. */
  readonly #users = new Set<{ readonly troubled: (text: string) => void }>();
  /** Why it could not be had the last time. */
  #trouble: string | undefined;
  #ahead: NodeJS.Timeout | undefined;

  /** @param timeoutMs for one responder; @param fetch asks them; tests answer in their place */
  constructor(leaf: X509Certificate | undefined, issuer: X509Certificate | undefined, timeoutMs: number, fetch = fetchStaple) {
    this.#fetch = fetch;
    this.#certificate = leaf?.raw;
    this.#issuer = issuer?.raw;
    this.#timeoutMs = timeoutMs;
    const facts = leaf === undefined ? undefined : factsOf(leaf);
    this.#promised = facts !== undefined && promisesStaple(facts);
  }

  /**
   * Keeps it fresh from now on, before anybody asks. Resolves at once, or for a certificate that promises one ("Must-Staple") when it
   * is there or cannot be had.
   * @param troubled told why it cannot be had, once as long as it is the same
   * @returns ends that
   */
  async keepFresh(troubled: (text: string) => void): Promise<() => void> {
    const user = { troubled };
    this.#users.add(user);
    this.#refreshWhenDue();
    const end = (): void => {
      this.#users.delete(user);
      if (this.#users.size === 0) clearTimeout(this.#ahead);
    };
    if (this.#promised && this.#staple.response === undefined) await this.#fetching;
    return end;
  }

  /** What is good now, DER; what is missing is fetched meanwhile. */
  current(): Buffer | undefined {
    const now = Date.now();
    if (waitFor(this.#staple, now) <= 0) this.#refreshWhenDue();
    return now < this.#staple.validUntil ? this.#staple.response : undefined;
  }

  #refreshWhenDue(): void {
    clearTimeout(this.#ahead);
    if (waitFor(this.#staple, Date.now()) <= 0) this.#fetching ??= this.#refresh().finally(() => this.#wait());
    else this.#wait();
  }

  #wait(): void {
    this.#fetching = undefined;
    clearTimeout(this.#ahead);
    if (this.#users.size === 0) return;
    const waitMs = Math.min(LONGEST_TIMER_MS, Math.max(0, waitFor(this.#staple, Date.now())));
    this.#ahead = setTimeout(() => this.#refreshWhenDue(), waitMs).unref();
  }

  async #refresh(): Promise<void> {
    const found =
      this.#certificate === undefined || this.#issuer === undefined
        ? undefined
        : await this.#fetch(this.#certificate, this.#issuer, this.#timeoutMs);
    this.#staple = typeof found === 'object' ? found : { ...this.#staple, refreshAt: Date.now() + RETRY_MS };
    const before = this.#trouble;
    this.#trouble = typeof found === 'string' ? found : undefined;
    if (typeof found !== 'string' || found === before) return;
    for (const { troubled } of this.#users) troubled(found);
  }
}

/** Milliseconds until it is to be renewed: at once where the clock was set back behind the time it was fetched. */
function waitFor({ refreshAt }: Staple, now: number): number {
  const waitMs = refreshAt - now;
  return waitMs > REFRESH_MS ? 0 : waitMs;
}

/**
 * The first responder with a valid answer; `revoked` is an answer too. Never rejects.
 * @returns why there is none, of the last one that was asked; undefined: nobody could be asked
 */
async function fetchStaple(certificate: Buffer, issuer: Buffer, timeoutMs: number): Promise<Staple | string | undefined> {
  const facts = readCertificate(certificate);
  const issuerFacts = readCertificate(issuer);
  if (facts === undefined || issuerFacts === undefined) return undefined;
  const question = { certificate: facts, issuer: issuerFacts, nonce: undefined };
  let why: string | undefined;
  for (const url of ocspUrls(facts)) {
    const answer = await askForStaple(url, question, new X509Certificate(issuer), timeoutMs);
    if (typeof answer === 'object') return answer;
    why = `${url}: ${answer}`;
  }
  return why;
}

async function askForStaple(url: string, question: OcspQuestion, issuer: X509Certificate, timeoutMs: number): Promise<Staple | string> {
  const response = await askResponder(url, encodeOcspRequest(question), timeoutMs);
  if (typeof response === 'string') return response;
  const now = Date.now();
  const answer = checkOcspResponse(response, question, { issuer, others: [], flags: new Set(), weakAllowed: false }, new Date(now));
  if (answer.kind === 'invalid') return answer.why;
  if (answer.kind !== 'good' && answer.kind !== 'revoked') return `it answers ${answer.kind}`;
  const validUntil = answer.until.getTime();
  return { response, validUntil, refreshAt: now + Math.min(REFRESH_MS, Math.max((validUntil - now) / 2, RETRY_MS)) };
}
