/**
 * Diffie-Hellman groups for the DHE suites of TLS 1.2 in server mode. As in stunnel, parameters that stand in the certificate's file
 * are used; else stunnel generates its own, and OpenSSL's `auto` takes a standard group (RFC 7919, RFC 3526) as strong as the key.
 */
import { createSecureContext } from 'node:tls';
import type { ServiceConfig } from '../../config/config.ts';
import { DER, readConstructed } from '../certificate/der-reader.ts';
import { sequence } from '../certificate/der-writer.ts';
import { asOneWord } from '../cipher-list.ts';
import type { KeyMaterial } from '../material/key-material.ts';

/** Takes every other key exchange out of a list. */
const DHE_ONLY = '!kRSA,!kECDHE,!kPSK,!kRSAPSK,!kECDHEPSK,!kSRP,!kGOST,!kGOST18';

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
  const read = readParameters(given);
  if (read === undefined) return { parameters: 'auto', warnings: [`${subject} are damaged and not used; remove them, ${WITHOUT}`] };
  const { bits, pkcs3 } = read;
  if (!isPossible({ ciphers: `ALL:@SECLEVEL=${tls.securityLevel}`, dhparam: pkcs3 })) {
    const problem = `have ${bits} bits, too few for security level ${tls.securityLevel}, and are not used`;
    return { parameters: 'auto', warnings: [`${subject} ${problem}; remove them, ${WITHOUT}`] };
  }
  const weak = bits < SOUND_BITS ? [`${subject} have only ${bits} bits; remove them, ${WITHOUT}`] : [];
  return { parameters: pkcs3, warnings: weak };
}

const WITHOUT = 'since a standard group as strong as the key takes their place';
/** RFC 7919 and RFC 9325 section 4.4. */
const SOUND_BITS = 2048;

/**
 * The runtime passes over X9.42 in silence, so both structures become PKCS#3: prime and generator, the first two numbers of either.
 * @returns undefined for what is neither
 */
function readParameters(pem: string): { readonly bits: number; readonly pkcs3: string } | undefined {
  const bytes = Buffer.from(pem.replaceAll(/-----.*|\s/g, ''), 'base64');
  const [prime, generator] = readConstructed(bytes, DER.sequence) ?? [];
  if (prime?.tag !== DER.integer || generator?.tag !== DER.integer) return undefined;
  const body = sequence(prime.whole, generator.whole).toString('base64');
  const pkcs3 = `-----BEGIN DH PARAMETERS-----\n${body.replaceAll(/.{64}/g, '$&\n')}\n-----END DH PARAMETERS-----\n`;
  return { bits: BigInt(`0x0${prime.content.toString('hex')}`).toString(2).length, pkcs3 };
}

/** True where a list holds a DHE suite. */
function hasDhe(ciphers: string): boolean {
  return isPossible({ ciphers: `${asOneWord(ciphers)},${DHE_ONLY}` });
}

function isPossible(options: Parameters<typeof createSecureContext>[0]): boolean {
  try {
    createSecureContext(options);
    return true;
  } catch {
    return false;
  }
}
