/** An own certificate that the security level refuses: how weak it is, what the level asks for, what to do. */
import type { X509Certificate } from 'node:crypto';

/** What a level asks of a key (SSL_CTX_set_security_level(3), NIST SP 800-57 part 1 table 2): bits of RSA, bits of a curve. */
const LEAST: readonly (readonly [rsa: number, curve: number])[] = [
  [0, 0],
  [1024, 160],
  [2048, 224],
  [3072, 256],
  [7680, 384],
  [15_360, 512],
];

/** What is wrong and what to do, and what else to do where there is a configuration file. */
export interface Weakness {
  readonly problem: string;
  readonly inFile: string;
}

const LOWER_LEVEL = ', or, for old peers only, lower securityLevel';

/**
 * @param reason OpenSSL's, such as `ee key too small`
 * @param leaf undefined where only OpenSSL has read the certificate (PKCS#12)
 * @returns undefined for every other reason
 */
export function weakCertificate(reason: string, leaf: X509Certificate | undefined, level: number): Weakness | undefined {
  const problem = problemOf(reason, leaf, level);
  return problem === undefined ? undefined : { problem, inFile: LOWER_LEVEL };
}

function problemOf(reason: string, leaf: X509Certificate | undefined, level: number): string | undefined {
  const [rsa, curve] = LEAST[level] ?? [0, 0];
  const wants = `security level ${level} asks for`;
  switch (reason) {
    case 'ee key too small':
      return `${keyOf(leaf)}, and ${wants} ${rsa} bits (RSA) or ${curve} (EC): ${reason}; make a certificate with a longer key`;
    case 'ca key too small':
      return `the key of an authority in it is too short, and ${wants} ${rsa} bits (RSA) or ${curve} (EC): ${reason}; use another authority`;
    case 'ca md too weak':
    case 'ee md too weak':
      return `a certificate in it is signed with a broken digest (MD5 or SHA-1): ${reason}; have it issued again with SHA-256`;
    default:
      return undefined;
  }
}

function keyOf(leaf: X509Certificate | undefined): string {
  const { modulusLength, namedCurve } = leaf?.publicKey.asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined) return `its key has ${modulusLength} bits`;
  return namedCurve === undefined ? 'its key is too short' : `its key is on the curve ${namedCurve}`;
}
