/**
 * Is an OCSP answer (RFC 6960 section 4.2) genuine, of today and about our certificate, and what does it say? Everything is checked
 * here: who signed it, whether that one may, the times, the nonce. Never throws; the input is the network's.
 */
import { X509Certificate } from 'node:crypto';
import type { OcspFlag } from '../../config/tls-config.ts';
import { factsOf } from '../certificate/certificate-facts.ts';
import type { DerTree } from '../certificate/der-reader.ts';
import { readDerTree, unwrap } from '../certificate/der-reader.ts';
import { checkDates } from '../certificate/leaf-checks.ts';
import { isSignedBy } from '../certificate/signed-data.ts';
import type { OcspQuestion } from './ocsp-request.ts';
import { hash, isAbout, keyOf } from './ocsp-request.ts';

/** What settles the question. */
export interface OcspVerdict {
  readonly kind: 'good' | 'revoked';
  readonly thisUpdate: Date;
  /** How long it may be relied on. */
  readonly until: Date;
}

export type OcspAnswer = OcspVerdict | { readonly kind: 'unknown' } | { readonly kind: 'invalid'; readonly why: string };

/** Whom to believe. */
export interface OcspTrust {
  readonly issuer: X509Certificate;
  /** Certificates that may sign although the issuer did not say so (TRUSTOTHER). */
  readonly others: readonly X509Certificate[];
  readonly flags: ReadonlySet<OcspFlag>;
  /** See signed-data.ts. */
  readonly weakAllowed: boolean;
}

/** How far clocks may be apart; stunnel's leeway. */
const SKEW_MS = 300_000;
/** An answer without nextUpdate says that newer ones can always be had: then it must be new. */
const UNDATED_MS = 3_600_000;

const STATUS_TEXTS = ['successful', 'malformed request', 'internal error', 'try later', '', 'signature required', 'unauthorized'];
const BASIC = '2b0601050507300101';
const NONCE = '2b0601050507300102';
const OCSP_SIGNING = '2b06010505070309';

/**
 * Reads and judges a response (RFC 6960 section 4.2). Never throws: what is malformed, or says nothing about the certificate, is an answer
 * without a verdict.
 * @param der as it came, from anybody
 */
export function checkOcspResponse(der: Buffer, question: OcspQuestion, trust: OcspTrust, now: Date): OcspAnswer {
  const basic = readBasicResponse(der);
  if ('why' in basic) return basic;
  const [data, algorithm, signature, certificates] = basic.children;
  if (data === undefined || algorithm === undefined || signature === undefined) return invalid('malformed response');
  const responder = findResponder(data, certificates, trust, now);
  if (responder === undefined) return invalid('the responder may not speak for the issuer');
  if (!trust.flags.has('NOSIGS') && !isSignedBy(data.whole, algorithm, signature, responder.publicKey, trust.weakAllowed)) {
    return invalid('signature verification failed');
  }
  if (question.nonce !== undefined && nonceOf(data)?.equals(question.nonce) !== true) return invalid('invalid or unsupported nonce');
  const single = responsesOf(data).find((response) => isAbout(response.children[0], question));
  return single === undefined ? invalid('nothing about the certificate') : readSingle(single, now);
}

function invalid(why: string): { readonly kind: 'invalid'; readonly why: string } {
  return { kind: 'invalid', why };
}

/** OCSPResponse to BasicOCSPResponse. */
function readBasicResponse(der: Buffer): DerTree | { readonly kind: 'invalid'; readonly why: string } {
  const [status, bytes] = readDerTree(der)?.children ?? [];
  if (status === undefined) return invalid('malformed response');
  const code = status.content[0] ?? -1;
  if (code !== 0) return invalid(`responder error: ${STATUS_TEXTS[code] ?? code}`);
  const [type, response] = bytes?.children[0]?.children ?? [];
  if (type?.content.toString('hex') !== BASIC) return invalid('unknown type of response');
  return unwrap(response) ?? invalid('malformed response');
}

/** ResponseData: [0] version, [1] or [2] responderID, producedAt, responses, [1] extensions. */
function responsesOf(data: DerTree): readonly DerTree[] {
  return data.children.find((field) => field.tag === 0x30)?.children ?? [];
}

function responderIdOf(data: DerTree): DerTree | undefined {
  return data.children[0]?.tag === 0xa0 ? data.children[1] : data.children[0];
}

function nonceOf(data: DerTree): Buffer | undefined {
  const last = data.children.at(-1);
  const extensions = last?.tag === 0xa1 && data.children.length > 3 ? last.children[0] : undefined;
  const nonce = extensions?.children.find((one) => one.children[0]?.content.toString('hex') === NONCE);
  return unwrap(nonce?.children.at(-1))?.content;
}

/** The issuer itself, or whom it has appointed by a certificate for OCSP signing. */
function findResponder(data: DerTree, certificates: DerTree | undefined, trust: OcspTrust, now: Date): X509Certificate | undefined {
  const id = responderIdOf(data);
  const { flags, issuer, others } = trust;
  const isNamed = (candidate: X509Certificate): boolean => id !== undefined && isResponder(id, candidate);
  if (!flags.has('NOCASIGN') && isNamed(issuer)) return issuer;
  if (flags.has('TRUSTOTHER')) {
    const other = others.find(isNamed);
    if (other !== undefined) return other;
  }
  if (flags.has('NODELEGATED') || flags.has('NOINTERN') || flags.has('NOCERTS')) return undefined;
  const sent = certificates?.tag === 0xa0 ? (certificates.children[0]?.children ?? []) : [];
  return sent
    .slice(0, MAX_CERTIFICATES)
    .map(parse)
    .find((one) => one !== undefined && isNamed(one) && isAppointed(one, trust, now));
}

/** Nobody needs more to prove an appointment; bounds the work. */
const MAX_CERTIFICATES = 8;

function parse(certificate: DerTree): X509Certificate | undefined {
  try {
    return new X509Certificate(certificate.whole);
  } catch {
    return undefined;
  }
}

/** byName [1] is the subject, byKey [2] the SHA-1 of the key. */
function isResponder(id: DerTree, candidate: X509Certificate): boolean {
  const facts = factsOf(candidate);
  const value = unwrap(id);
  if (facts === undefined || value === undefined) return false;
  return id.tag === 0xa1 ? value.whole.equals(facts.subject) : value.content.equals(hash('sha1', keyOf(facts)));
}

function isAppointed(responder: X509Certificate, { issuer, flags }: OcspTrust, now: Date): boolean {
  if (flags.has('NOVERIFY')) return true;
  const facts = factsOf(responder);
  if (facts === undefined || checkDates(facts, now) !== undefined) return false;
  if (!responder.checkIssued(issuer) || !responder.verify(issuer.publicKey)) return false;
  return flags.has('NOCHECKS') || facts.extendedKeyUsage?.includes(OCSP_SIGNING) === true;
}

/** SingleResponse: certID, status ([0] good, [1] revoked, [2] unknown), thisUpdate, [0] nextUpdate. */
function readSingle(single: DerTree, now: Date): OcspAnswer {
  const [, status, thisUpdate, next] = single.children;
  const from = thisUpdate?.date;
  if (status === undefined || from === undefined) return invalid('malformed response');
  const nextUpdate = next?.tag === 0xa0 ? next.children[0]?.date : undefined;
  if (from.getTime() > now.getTime() + SKEW_MS) return invalid('the answer is from the future');
  const until = new Date(nextUpdate?.getTime() ?? from.getTime() + UNDATED_MS);
  if (until.getTime() < now.getTime() - SKEW_MS) return invalid('the answer is out of date');
  switch (status.tag & 0x1f) {
    case 0:
      return { kind: 'good', thisUpdate: from, until };
    case 1:
      return { kind: 'revoked', thisUpdate: from, until };
    default:
      return { kind: 'unknown' };
  }
}
