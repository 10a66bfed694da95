/** Certificates in words. Everything that a certificate says of itself comes from a server nobody trusts yet, so all of it is escaped. */
import type { KeyObject, X509Certificate } from 'node:crypto';
import { ipText } from '../../address/ip.ts';
import type { ServiceConfig } from '../../config/config.ts';
import { OvercoatError } from '../../errors.ts';
import { reasonText } from '../../observe/lines/failure.ts';
import { linesOf } from '../../observe/log-lines.ts';
import { printable } from '../../text/printable.ts';
import { factsOf } from '../../tls/certificate/certificate-facts.ts';
import { issuerText, subjectText } from '../../tls/certificate/subject-text.ts';
import { publicKeyPin } from '../../tls/verdict/pin.ts';
import type { Verdict } from '../../tls/verdict/verify.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const MAX_NAMES = 50;

/** A look that has failed, with what to do about it. @param place `HOST:PORT` */
export function explainFailure(cause: OvercoatError, place: string, service: ServiceConfig): OvercoatError {
  const about = { id: '', service: { ...service, name: 'pin' } };
  return new OvercoatError(cause.code, `${place}: ${reasonText(cause, about)}`, cause);
}

/** One `label value` a line. */
export function explainCertificate(certificate: X509Certificate, now: Date): string[] {
  const facts = factsOf(certificate);
  const rows: [string, string][] = [
    ['subject', subjectText(certificate) || '(empty)'],
    ['issuer', certificate.checkIssued(certificate) ? 'itself (self-signed)' : issuerText(certificate)],
    ['names', namesOf(facts)],
    ['valid', validity(certificate, now)],
    ['key', keyText(certificate.publicKey)],
    ['pin', facts === undefined ? 'none: the certificate is malformed' : `sha256:${publicKeyPin(facts.publicKeyInfo)}`],
  ];
  return rows.map(([label, value]) => `  ${label.padEnd(8)} ${printable(value, 4096)}`);
}

/** What verification says and why, in plain words and in the lines the log of a file would have. */
export function explainVerdict(verdict: Verdict, service: ServiceConfig, name: string): string[] {
  const lines = verdict.events.flatMap((event) => linesOf(event, { id: 'pin', service: { ...service, origin: 'file' } }));
  const shown = lines.filter(({ level }) => verdict.accepted || level <= 5).map(({ text }) => `  ${text}`);
  if (verdict.accepted) return [`Verification for ${name} would accept it: ${verdict.how}`, ...shown];
  const reason = reasonText({ code: 'handshake_verification', ...verdict }, { id: 'pin', service: { ...service, name: 'pin' } });
  return [`Verification for ${name} would refuse it:`, ...shown, `  ${reason}`];
}

function namesOf(facts: ReturnType<typeof factsOf>): string {
  if (facts === undefined) return 'none: the certificate is malformed';
  const { dns, addresses, emails } = facts.names;
  const all = [...dns.map((name) => name.toString('latin1')), ...addresses.map(ipText), ...emails.map((email) => email.toString('latin1'))];
  const more = all.length > MAX_NAMES ? [`and ${all.length - MAX_NAMES} more`] : [];
  return [...all.slice(0, MAX_NAMES), ...more].join(', ') || 'none';
}

function validity({ validFromDate, validToDate }: X509Certificate, now: Date): string {
  const day = (date: Date): string => (Number.isNaN(date.getTime()) ? 'unknown' : date.toISOString().slice(0, 10));
  const left = Math.floor((validToDate.getTime() - now.getTime()) / DAY_MS);
  const state = validFromDate > now ? 'NOT YET VALID' : left < 0 ? 'EXPIRED' : `${left} days left`;
  return `${day(validFromDate)} to ${day(validToDate)} (${state})`;
}

function keyText(key: KeyObject): string {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  return [(key.asymmetricKeyType ?? 'unknown').toUpperCase(), modulusLength === undefined ? namedCurve : `${modulusLength} bits`]
    .filter(Boolean)
    .join(' ');
}
