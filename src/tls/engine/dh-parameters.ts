/**
 * Diffie-Hellman groups for the DHE suites of TLS 1.2 in server mode. As in stunnel, parameters that stand in the certificate's file
 * are used; else stunnel generates its own, and OpenSSL's `auto` takes a standard group (RFC 7919, RFC 3526) as strong as the key.
 */
import type { ServiceConfig } from '../../config/config.ts';
import { parameterBits } from '../../openssl/material/parameters.ts';
import type { KeyMaterial } from '../material/key-material.ts';
import { refusalOfAlgorithms } from './context.ts';

/** Takes every other key exchange out of a list. */
const DHE_ONLY = '!kRSA:!kECDHE:!kPSK:!kRSAPSK:!kECDHEPSK:!kSRP:!kGOST:!kGOST18';

export interface DhChoice {
  /** PEM, or `auto`. */
  readonly parameters: string;
  readonly warnings: readonly string[];
}

/**
 * Parameters OpenSSL does not take (damaged, or too few bits for the security level) are replaced, with a warning where it matters.
 * Weak ones it takes are used, since a very old client may need them.
 */
export function chooseDhParameters({ mode, tls }: ServiceConfig, material: KeyMaterial | undefined): DhChoice {
  const given = material?.kind === 'pem' ? material.dhParameters : undefined;
  if (mode === 'client' || given === undefined || !hasDhe(tls.ciphers)) return { parameters: 'auto', warnings: [] };
  const subject = `DH parameters in ${tls.cert}`;
  const bits = parameterBits(given);
  if (bits === undefined) return { parameters: 'auto', warnings: [`${subject} are damaged and not used; remove them, ${WITHOUT}`] };
  if (refusalOfAlgorithms({ dh: given }, 'server', tls.securityLevel) !== undefined) {
    const problem = `have ${bits} bits, too few for security level ${tls.securityLevel}, and are not used`;
    return { parameters: 'auto', warnings: [`${subject} ${problem}; remove them, ${WITHOUT}`] };
  }
  const weak = bits < SOUND_BITS ? [`${subject} have only ${bits} bits; remove them, ${WITHOUT}`] : [];
  return { parameters: given, warnings: weak };
}

const WITHOUT = 'since a standard group as strong as the key takes their place';
/** RFC 7919 and RFC 9325 section 4.4. */
const SOUND_BITS = 2048;

/** True where a list holds a DHE suite. */
function hasDhe(ciphers: string): boolean {
  return refusalOfAlgorithms({ ciphers: `${ciphers === '' ? 'DEFAULT' : ciphers}:${DHE_ONLY}` }) === undefined;
}
