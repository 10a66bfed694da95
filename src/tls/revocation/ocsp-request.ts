/** What is asked of an OCSP responder (RFC 6960 section 4.1), and how an answer names the certificate it is about. */
import { createHash } from 'node:crypto';
import type { CertificateFacts } from '../certificate/certificate-facts.ts';
import type { DerTree } from '../certificate/der-reader.ts';
import { explicitTag, integer, objectIdentifier, octetString, sequence } from '../certificate/der-writer.ts';

/** A certificate and the issuer that its responder speaks for. */
export interface OcspQuestion {
  readonly certificate: CertificateFacts;
  readonly issuer: CertificateFacts;
  /** Sent, and then demanded of the answer. */
  readonly nonce: Buffer | undefined;
}

/** RFC 8954: at most 32 bytes. */
export const NONCE_BYTES = 32;

const SHA1 = '1.3.14.3.2.26';
const NONCE = '1.3.6.1.5.5.7.48.1.2';

/** SHA-1 only names the issuer here, and is what every responder understands. */
export function encodeOcspRequest({ certificate, issuer, nonce }: OcspQuestion): Buffer {
  const id = sequence(
    sequence(objectIdentifier(SHA1), Buffer.of(0x05, 0x00)),
    octetString(hash('sha1', issuer.subject)),
    octetString(hash('sha1', keyOf(issuer))),
    integer(Buffer.from(certificate.serial, 'hex')),
  );
  const extensions =
    nonce === undefined ? [] : [explicitTag(2, sequence(sequence(objectIdentifier(NONCE), octetString(octetString(nonce)))))];
  return sequence(sequence(sequence(sequence(id)), ...extensions));
}

/** Digests responders may use in a CertID, by the hex of the OID's content. */
const DIGESTS: ReadonlyMap<string, string> = new Map([
  ['2b0e03021a', 'sha1'],
  ['608648016503040201', 'sha256'],
  ['608648016503040202', 'sha384'],
  ['608648016503040203', 'sha512'],
]);

/** Is this CertID about the certificate that was asked for? */
export function isAbout(id: DerTree | undefined, { certificate, issuer }: OcspQuestion): boolean {
  const [algorithm, nameHash, keyHash, serial] = id?.children ?? [];
  const digest = DIGESTS.get(algorithm?.children[0]?.content.toString('hex') ?? '');
  if (digest === undefined || nameHash === undefined || keyHash === undefined || serial === undefined) return false;
  return (
    serial.content.toString('hex') === certificate.serial &&
    nameHash.content.equals(hash(digest, issuer.subject)) &&
    keyHash.content.equals(hash(digest, keyOf(issuer)))
  );
}

/** The key's bits without the count of unused ones, as CertID and ResponderID hash them. */
export function keyOf(facts: CertificateFacts): Buffer {
  return facts.publicKeyBits.subarray(1);
}

/** @param digest as `node:crypto` names it: `sha1` */
export function hash(digest: string, bytes: Buffer): Buffer {
  return createHash(digest).update(bytes).digest();
}
