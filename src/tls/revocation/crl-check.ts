/**
 * Is a certificate on its issuer's revocation list? As stunnel does for the leaf (`crlCheck = chain`: for every certificate below the
 * root): a list must be there, be signed by the issuer, and be of today; else nobody knows, and that refuses too.
 */
import type { X509Certificate } from 'node:crypto';
import type { CertificateFacts } from '../certificate/certificate-facts.ts';
import { EXTENSION, factsOf, KEY_USAGE } from '../certificate/certificate-facts.ts';
import { DER, readChildren, readConstructed } from '../certificate/der-reader.ts';
import { isSignedBy } from '../certificate/signed-data.ts';
import type { RevocationList } from './crl.ts';

/** Codes of chain.ts. */
export type RevocationProblem = 'UNABLE_TO_GET_CRL' | 'CRL_SIGNATURE_FAILURE' | 'CRL_NOT_YET_VALID' | 'CRL_HAS_EXPIRED' | 'CERT_REVOKED';

export interface RevocationLists {
  /**
   * @param issuer the certificate's issuer as found in its chain; undefined: not known. A session that a client resumes here shows
   *   the leaf alone; the list was found genuine in the full handshake before, and cannot have changed since (tickets are bound to it)
   * @returns what OpenSSL would have found first, undefined when the certificate is not revoked
   */
  check(certificate: X509Certificate, issuer: X509Certificate | undefined, resumed: boolean, now: Date): RevocationProblem | undefined;
}

/** @param weakAllowed see signed-data.ts */
export function createRevocationLists(lists: readonly RevocationList[], weakAllowed: boolean): RevocationLists {
  const byIssuer = Map.groupBy(lists, (list) => list.issuer);
  /** A signature is checked once per list and issuer, not at every handshake. */
  const verified = new Map<RevocationList, Map<string, boolean>>(lists.map((list) => [list, new Map()]));
  const isGenuine = (list: RevocationList, issuer: X509Certificate): boolean => {
    const known = verified.get(list);
    const id = issuer.fingerprint256;
    const before = known?.get(id);
    if (before !== undefined) return before;
    const { data, algorithm, signature } = list.signed;
    const genuine = maySignLists(issuer) && isSignedBy(data, algorithm, signature, issuer.publicKey, weakAllowed);
    if (known !== undefined && known.size < MAX_ISSUERS) known.set(id, genuine);
    return genuine;
  };
  return {
    check(certificate, issuer, resumed, now) {
      const facts = factsOf(certificate);
      if (facts === undefined) return 'UNABLE_TO_GET_CRL';
      const list = newest(
        (byIssuer.get(facts.issuer.toString('hex')) ?? []).filter((one) => isFor(one, facts)),
        now,
      );
      if (list === undefined || (issuer === undefined && !resumed)) return 'UNABLE_TO_GET_CRL';
      if (issuer !== undefined && !isGenuine(list, issuer)) return 'CRL_SIGNATURE_FAILURE';
      if (list.thisUpdate > now) return 'CRL_NOT_YET_VALID';
      if (list.nextUpdate !== undefined && list.nextUpdate < now) return 'CRL_HAS_EXPIRED';
      return list.revoked.has(facts.serial) ? 'CERT_REVOKED' : undefined;
    },
  };
}

/** Peers can show any number of issuers; only our own count. */
const MAX_ISSUERS = 64;

/** Of those that are valid today the newest, else the newest of all: its problem is the one to tell. */
function newest(lists: readonly RevocationList[], now: Date): RevocationList | undefined {
  const valid = lists.filter((list) => list.thisUpdate <= now && (list.nextUpdate === undefined || list.nextUpdate >= now));
  return (valid.length > 0 ? valid : lists).toSorted((a, b) => b.thisUpdate.getTime() - a.thisUpdate.getTime())[0];
}

function isFor({ scope }: RevocationList, facts: CertificateFacts): boolean {
  if (facts.authority ? scope.onlyUsers : scope.onlyAuthorities) return false;
  const { points } = scope;
  return points === undefined || distributionPoints(facts).some((name) => points.some((point) => point.equals(name)));
}

/** The GeneralNames of cRLDistributionPoints: each point is a SEQUENCE whose [0] holds [0] fullName. */
function distributionPoints(facts: CertificateFacts): readonly Buffer[] {
  const value = facts.extensions.get(EXTENSION.crlDistributionPoints);
  const points = value === undefined ? [] : (readConstructed(value, DER.sequence) ?? []);
  return points.flatMap((point) => {
    const [name] = readChildren(point.content)?.filter((part) => part.tag === 0xa0) ?? [];
    const [full] = name === undefined ? [] : (readChildren(name.content) ?? []);
    return full?.tag === 0xa0 ? (readChildren(full.content) ?? []).map((one) => one.whole) : [];
  });
}

/** Does its key usage allow it? */
export function maySignLists(issuer: X509Certificate): boolean {
  const usage = factsOf(issuer)?.keyUsage;
  return usage === undefined || (usage & KEY_USAGE.cRLSign) !== 0;
}
