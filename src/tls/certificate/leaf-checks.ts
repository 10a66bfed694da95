/**
 * The peer's own certificate: dates, purpose and strength, checked by us. OpenSSL checks them as well, but only the last of its
 * errors is visible, so with an untrusted chain (verifyPeer, pins) they would be lost; and on a resumed session nobody looks again.
 */
import type { KeyObject, X509Certificate } from 'node:crypto';
import type { CertificateFacts } from './certificate-facts.ts';
import { KEY_USAGE } from './certificate-facts.ts';

/** Whose certificate it is: a server's when we are the client. */
export type PeerRole = 'server' | 'client';

/** The codes of chain.ts this module can answer. */
export type LeafProblem =
  | 'CERT_NOT_YET_VALID'
  | 'CERT_HAS_EXPIRED'
  | 'INVALID_PURPOSE'
  | 'EE_KEY_TOO_SMALL'
  | 'UNHANDLED_CRITICAL_EXTENSION';

/** Extended key usages as hex of the OID's DER content. */
const EKU = {
  serverAuth: '2b06010505070301',
  clientAuth: '2b06010505070302',
  netscapeStepUp: '6086480186f8420401',
  microsoftStepUp: '2b0601040182370a0303',
} as const;

/**
 * @param securityLevel OpenSSL's, 0 to 5
 * @returns undefined when all is well; else the first problem in the order in which OpenSSL looks
 */
export function checkLeaf(
  certificate: X509Certificate,
  facts: CertificateFacts,
  role: PeerRole,
  securityLevel: number,
  now: Date,
): LeafProblem | undefined {
  if (facts.unknownCritical) return 'UNHANDLED_CRITICAL_EXTENSION';
  if (!fitsPurpose(facts, role)) return 'INVALID_PURPOSE';
  if (keyStrength(certificate.publicKey) < (LEVEL_BITS[securityLevel] ?? 0)) return 'EE_KEY_TOO_SMALL';
  return checkDates(facts, now);
}

/** The dates alone: what a resumed session has to be asked again. */
export function checkDates(facts: CertificateFacts, now: Date): 'CERT_NOT_YET_VALID' | 'CERT_HAS_EXPIRED' | undefined {
  // Written so that a date that cannot be read (NaN) fails.
  if (!(facts.notBefore <= now.getTime())) return 'CERT_NOT_YET_VALID';
  if (!(facts.notAfter >= now.getTime())) return 'CERT_HAS_EXPIRED';
  return undefined;
}

/** Why a certificate is not one for this role, in words; undefined where it is. */
export function usageProblem(facts: CertificateFacts, role: PeerRole): string | undefined {
  return fitsPurpose(facts, role) ? undefined : `its key usage or extended key usage does not allow a TLS ${role}`;
}

/** OpenSSL's check_purpose_ssl_server and _client: without the extension everything goes; "any" is not enough. */
function fitsPurpose(facts: CertificateFacts, role: PeerRole): boolean {
  const purposes = role === 'server' ? [EKU.serverAuth, EKU.netscapeStepUp, EKU.microsoftStepUp] : [EKU.clientAuth];
  const extended = facts.extendedKeyUsage;
  if (extended !== undefined && !purposes.some((purpose) => extended.includes(purpose))) return false;
  const uses =
    role === 'server'
      ? KEY_USAGE.digitalSignature | KEY_USAGE.keyEncipherment | KEY_USAGE.keyAgreement
      : KEY_USAGE.digitalSignature | KEY_USAGE.keyAgreement;
  return facts.keyUsage === undefined || (facts.keyUsage & uses) !== 0;
}

/** Bits of security each level demands (SSL_CTX_set_security_level(3)). */
const LEVEL_BITS = [0, 80, 112, 128, 192, 256] as const;

/** Bits of security of a public key (NIST SP 800-57 part 1 table 2); 0 for a kind we do not know. */
export function keyStrength(key: KeyObject): number {
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'rsa':
    case 'rsa-pss':
    case 'dsa':
      return RSA_STRENGTH.find(([bits]) => modulusLength >= bits)?.[1] ?? 0;
    case 'ec':
      return CURVE_STRENGTH.get(namedCurve) ?? 0;
    case 'ed25519':
    case 'ml-dsa-44':
      return 128;
    case 'ed448':
      return 224;
    case 'ml-dsa-65':
      return 192;
    case 'ml-dsa-87':
      return 256;
    default:
      return 0;
  }
}

const RSA_STRENGTH = [
  [15360, 256],
  [7680, 192],
  [3072, 128],
  [2048, 112],
  [1024, 80],
] as const;

const CURVE_STRENGTH: ReadonlyMap<string, number> = new Map([
  ['prime192v1', 96],
  ['secp224r1', 112],
  ['prime256v1', 128],
  ['secp256k1', 128],
  ['secp384r1', 192],
  ['secp521r1', 256],
  ['brainpoolP256r1', 128],
  ['brainpoolP384r1', 192],
  ['brainpoolP512r1', 256],
  ['brainpoolP256t1', 128],
  ['brainpoolP384t1', 192],
  ['brainpoolP512t1', 256],
]);
