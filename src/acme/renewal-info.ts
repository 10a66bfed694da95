/** When a directory wants a certificate renewed (ARI, RFC 9773), which the client library does not ask. */
import { EXTENSION, readCertificate } from '../tls/certificate/certificate-facts.ts';
import { DER, readConstructed } from '../tls/certificate/der-reader.ts';
import type { RenewalWindow } from './wanted.ts';

/** Where nothing is said of it, and the bounds of what is (RFC 9773 section 4.3). */
const ASK_AGAIN_MS = 6 * 3_600_000;
const SOONEST_MS = 60_000;
const LATEST_MS = 86_400_000;
/** [0] of an AuthorityKeyIdentifier (RFC 5280 section 4.2.1.1). */
const KEY_IDENTIFIER = 0x80;

/** Names a certificate to its directory (RFC 9773 section 4.1); undefined where it does not say by whose key it is signed. @param der the certificate */
export function renewalId(der: Buffer): string | undefined {
  const facts = readCertificate(der);
  const extension = facts?.extensions.get(EXTENSION.authorityKeyIdentifier);
  if (facts === undefined || extension === undefined) return undefined;
  const authority = readConstructed(extension, DER.sequence)?.find(({ tag }) => tag === KEY_IDENTIFIER)?.content;
  if (authority === undefined) return undefined;
  return `${authority.toString('base64url')}.${Buffer.from(facts.serial, 'hex').toString('base64url')}`;
}

/** @param answer of the directory, parsed. @param retryAfter its header, in seconds. @returns undefined for what is no window */
export function readWindow(answer: unknown, retryAfter: string | undefined, now: number): RenewalWindow | undefined {
  const suggested = (answer as { suggestedWindow?: { start?: unknown; end?: unknown } } | null)?.suggestedWindow;
  const [start, end] = [Date.parse(String(suggested?.start)), Date.parse(String(suggested?.end))];
  if (Number.isNaN(start) || Number.isNaN(end) || end < start) return undefined;
  const seconds = Number(retryAfter);
  const wait = retryAfter !== undefined && Number.isFinite(seconds) ? seconds * 1000 : ASK_AGAIN_MS;
  return { start, end, askAgainAt: now + Math.min(Math.max(wait, SOONEST_MS), LATEST_MS) };
}
