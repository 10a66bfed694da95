/**
 * The two ways to say "this very peer": stunnel's verifyPeer (subject and key of a local certificate) and our `pin` (a public
 * key). Both look at the leaf only and say nothing of dates or purpose: leaf-checks.ts does.
 */
import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import type { Pin } from '../../config/tls-config.ts';
import type { CertificateFacts } from '../certificate/certificate-facts.ts';
import { factsOf } from '../certificate/certificate-facts.ts';
import { canonicalSubject } from '../certificate/subject-text.ts';
import { certificateTexts, materialError, readMaterial } from '../material/material-file.ts';

/** The local certificates by subject, ready to be looked up at every handshake. */
export interface LocalCertificates {
  /**
   * stunnel's rule: among the local certificates with the peer's subject, one has the same public-key bits. So a renewal with the
   * same key and subject passes, another subject does not.
   */
  matches(leaf: X509Certificate, facts: CertificateFacts): boolean;
  /** Is this very certificate, byte for byte, a local one? */
  contains(leaf: X509Certificate): boolean;
}

export function indexLocal(certificates: readonly X509Certificate[]): LocalCertificates {
  const keysBySubject = new Map<string, Set<string>>();
  const whole = new Set<string>();
  for (const certificate of certificates) {
    const key = factsOf(certificate)?.publicKeyBits.toString('base64');
    if (key === undefined) continue;
    const subject = canonicalSubject(certificate);
    keysBySubject.set(subject, (keysBySubject.get(subject) ?? new Set()).add(key));
    whole.add(certificate.fingerprint256);
  }
  return {
    matches: (leaf, facts) => keysBySubject.get(canonicalSubject(leaf))?.has(facts.publicKeyBits.toString('base64')) === true,
    contains: (leaf) => whole.has(leaf.fingerprint256),
  };
}

/** The SHA-256 digests (base64) of the public keys that are pinned. */
export type PinSet = ReadonlySet<string>;

/**
 * Reads the pins of a service. A file may hold certificates (each one's key is a pin) or one public or private key, PEM or DER.
 * @throws OvercoatError `config_key_material` naming the file or the digest
 */
export function loadPins(pins: readonly Pin[]): PinSet {
  return new Set(pins.flatMap((pin) => (pin.kind === 'file' ? pinsOfFile(pin.path) : [digestOf(pin.digest)])));
}

/** The certificates that stand in the files of pins. A file without any holds a bare key, which does not end. */
export function pinnedCertificates(pins: readonly Pin[]): readonly X509Certificate[] {
  return pins.flatMap((pin) =>
    pin.kind === 'file' ? certificateTexts(readMaterial('pin', pin.path)).map((pem) => new X509Certificate(pem)) : [],
  );
}

/** Is the certificate's public key one of the pinned? */
export function matchPin(facts: CertificateFacts, pins: PinSet): boolean {
  return pins.has(publicKeyPin(facts.publicKeyInfo));
}

/** Base64 of SHA-256 over a SubjectPublicKeyInfo (RFC 7469 section 2.4). */
export function publicKeyPin(publicKeyInfo: Buffer): string {
  return createHash('sha256').update(publicKeyInfo).digest('base64');
}

function digestOf(text: string): string {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== 32) {
    throw materialError('pin', `sha256:${text}`, 'not the base64 of a SHA-256 digest (44 characters); `overcoat pin` prints one');
  }
  return bytes.toString('base64');
}

function pinsOfFile(path: string): readonly string[] {
  const bytes = readMaterial('pin', path);
  const certificates = certificateTexts(bytes);
  try {
    if (certificates.length > 0) return certificates.map((pem) => spkiPin(new X509Certificate(pem)));
    if (bytes[0] === 0x30) return [spkiPin(derKey(bytes))];
    return [spkiPin(createPublicKey(bytes))];
  } catch (error) {
    throw materialError(
      'pin',
      path,
      'holds neither a certificate nor a public key; `overcoat pin HOST:PORT --save FILE` writes one',
      error,
    );
  }
}

type PublicKey = ReturnType<typeof createPublicKey>;

function derKey(bytes: Buffer): PublicKey | X509Certificate {
  try {
    return new X509Certificate(bytes);
  } catch {
    return createPublicKey({ key: bytes, format: 'der', type: 'spki' });
  }
}

function spkiPin(source: PublicKey | X509Certificate): string {
  if (!(source instanceof X509Certificate)) return publicKeyPin(source.export({ type: 'spki', format: 'der' }));
  const facts = factsOf(source);
  if (facts === undefined) throw new TypeError('malformed certificate');
  return publicKeyPin(facts.publicKeyInfo);
}
