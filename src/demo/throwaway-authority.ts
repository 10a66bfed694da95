/**
 * A certificate authority in memory, for the demo and the tests: makes keys and certificates in milliseconds without any tool.
 * It writes DER by hand because it must also be able to write certificates a sane authority would never sign (expired, for
 * another purpose, with odd names). Nothing that protects real traffic may come from here: keys are not kept safe.
 */
import type { KeyObject } from 'node:crypto';
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import { ipBytes } from '../address/ip.ts';
import {
  bitString,
  boolean,
  contextTag,
  explicitTag,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
  time,
  utf8String,
} from '../tls/certificate/der-writer.ts';

export type KeyKind = 'ec' | 'ec384' | 'rsa' | 'rsa1024' | 'ed25519';

export interface CertificateRequest {
  /** `CN=a, O=b`, written in that order. Default: the first name, or `throwaway`. */
  readonly subject?: string;
  readonly dnsNames?: readonly string[];
  /** Textual IPv4 or full (uncompressed or not) IPv6 addresses. */
  readonly ipAddresses?: readonly string[];
  readonly emails?: readonly string[];
  readonly uris?: readonly string[];
  /** Default `ec` (P-256). A KeyObject (private) is used as it is: that is how two certificates share a key. */
  readonly key?: KeyKind | KeyObject;
  /** Default: an hour ago. */
  readonly notBefore?: Date;
  /** Default: in thirty days. */
  readonly notAfter?: Date;
  /** Extended key usages; default both server and client. Empty: no extension. */
  readonly usages?: readonly (keyof typeof USAGES)[];
  /** True: may sign further certificates. */
  readonly authority?: boolean;
  /** Address of an OCSP responder for the authority information access extension. */
  readonly ocspUrl?: string;
  /** Further extensions, ready-made DER: `extension(oid, critical, value)`. */
  readonly extensions?: readonly Buffer[];
  /** Parts a sane authority writes, left out; `criticality`: of basic constraints. */
  readonly without?: readonly ('authority-key' | 'subject-key' | 'criticality' | 'key-usage')[];
  /** Signature digest; `sha1` makes a certificate OpenSSL's level 2 refuses. */
  readonly digest?: 'sha256' | 'sha1';
}

/** A certificate with its key; everything as PEM, plus what tests compare with. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
  readonly privateKey: KeyObject;
  readonly x509: X509Certificate;
  /** Base64 of SHA-256 over the SubjectPublicKeyInfo (RFC 7469 section 2.4). */
  readonly pin: string;
}

export interface Authority extends Issued {
  issue(request?: CertificateRequest): Issued;
  /** An authority signed by this one. */
  intermediate(request?: CertificateRequest): Authority;
  /** A revocation list (PEM) naming the given certificates. */
  revoke(revoked: readonly Issued[], dates?: { readonly thisUpdate?: Date; readonly nextUpdate?: Date }): string;
}

const USAGES = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
} as const;

const NAME_PARTS: ReadonlyMap<string, string> = new Map([
  ['CN', '2.5.4.3'],
  ['C', '2.5.4.6'],
  ['L', '2.5.4.7'],
  ['ST', '2.5.4.8'],
  ['O', '2.5.4.10'],
  ['OU', '2.5.4.11'],
]);

/** A self-signed authority. */
export function createAuthority(request: CertificateRequest = {}): Authority {
  const full = { subject: 'CN=Throwaway authority', ...request, authority: true, usages: request.usages ?? [] };
  const key = privateKeyOf(full.key);
  return authorityOf(certify(full, key, { subject: full.subject, key }));
}

/** One extension (RFC 5280 section 4.2); `value` is the DER inside the octet string. */
export function extension(oid: string, critical: boolean, value: Buffer): Buffer {
  return sequence(objectIdentifier(oid), ...(critical ? [boolean(true)] : []), octetString(value));
}

interface Signer {
  readonly subject: string;
  readonly key: KeyObject;
}

function authorityOf(issued: Issued & { readonly subject: string }): Authority {
  const signer = { subject: issued.subject, key: issued.privateKey };
  return {
    ...issued,
    issue: (request = {}) => certify(request, privateKeyOf(request.key), signer),
    intermediate: (request = {}) => {
      const full = { subject: 'CN=Throwaway intermediate', ...request, authority: true, usages: request.usages ?? [] };
      return authorityOf(certify(full, privateKeyOf(full.key), signer));
    },
    revoke: (revoked, dates = {}) => revocationList(revoked, dates, signer),
  };
}

function certify(request: CertificateRequest, privateKey: KeyObject, signer: Signer): Issued & { readonly subject: string } {
  const publicKey = createPublicKey(privateKey);
  const subject = subjectOf(request);
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const algorithm = signatureAlgorithm(signer.key, request.digest ?? 'sha256');
  const toBeSigned = sequence(
    explicitTag(0, integer(Buffer.of(2))),
    integer(serialNumber()),
    algorithm.identifier,
    distinguishedName(signer.subject),
    sequence(time(request.notBefore ?? hoursFromNow(-1)), time(request.notAfter ?? hoursFromNow(24 * 30))),
    distinguishedName(subject),
    spki,
    explicitTag(
      3,
      sequence(...(has(request, 'authority-key') ? [authorityKeyIdentifier(signer.key)] : []), ...extensionsOf(request, spki)),
    ),
  );
  const certificate = toPem('CERTIFICATE', signed(toBeSigned, algorithm, signer.key));
  return {
    certificate,
    subject,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    privateKey,
    x509: new X509Certificate(certificate),
    pin: createHash('sha256').update(spki).digest('base64'),
  };
}

function has({ without }: CertificateRequest, part: NonNullable<CertificateRequest['without']>[number]): boolean {
  return without?.includes(part) !== true;
}

function extensionsOf(request: CertificateRequest, spki: Buffer): Buffer[] {
  const list: Buffer[] = has(request, 'subject-key') ? [extension('2.5.29.14', false, octetString(keyIdentifier(spki)))] : [];
  if (request.authority === true) {
    list.push(extension('2.5.29.19', has(request, 'criticality'), sequence(boolean(true))));
    // keyCertSign and cRLSign
    if (has(request, 'key-usage')) list.push(extension('2.5.29.15', true, bitString(Buffer.of(0x06), 1)));
  }
  const usages = request.usages ?? ['serverAuth', 'clientAuth'];
  if (usages.length > 0) {
    list.push(extension('2.5.29.37', false, sequence(...usages.map((usage) => objectIdentifier(USAGES[usage])))));
  }
  const names = [
    ...(request.emails ?? []).map((email) => contextTag(1, Buffer.from(email, 'latin1'))),
    ...(request.dnsNames ?? []).map((name) => contextTag(2, Buffer.from(name, 'latin1'))),
    ...(request.uris ?? []).map((uri) => contextTag(6, Buffer.from(uri, 'latin1'))),
    ...(request.ipAddresses ?? []).map((address) => contextTag(7, ipBytes(address) ?? Buffer.alloc(0))),
  ];
  if (names.length > 0) list.push(extension('2.5.29.17', false, sequence(...names)));
  if (request.ocspUrl !== undefined) {
    const access = sequence(objectIdentifier('1.3.6.1.5.5.7.48.1'), contextTag(6, Buffer.from(request.ocspUrl, 'latin1')));
    list.push(extension('1.3.6.1.5.5.7.1.1', false, sequence(access)));
  }
  list.push(...(request.extensions ?? []));
  return list;
}

/** SHA-1 of the key information: only has to be the same in issuer and subject (RFC 5280 section 4.2.1.2). */
function keyIdentifier(spki: Buffer): Buffer {
  return createHash('sha1').update(spki).digest();
}

function authorityKeyIdentifier(key: KeyObject): Buffer {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return extension('2.5.29.35', false, sequence(contextTag(0, keyIdentifier(spki))));
}

function revocationList(revoked: readonly Issued[], dates: { thisUpdate?: Date; nextUpdate?: Date }, signer: Signer): string {
  const algorithm = signatureAlgorithm(signer.key, 'sha256');
  const entries = revoked.map((one) => sequence(integer(Buffer.from(evenHex(one.x509.serialNumber), 'hex')), time(hoursFromNow(-1))));
  const toBeSigned = sequence(
    integer(Buffer.of(1)),
    algorithm.identifier,
    distinguishedName(signer.subject),
    time(dates.thisUpdate ?? hoursFromNow(-1)),
    time(dates.nextUpdate ?? hoursFromNow(24)),
    ...(entries.length > 0 ? [sequence(...entries)] : []),
  );
  return toPem('X509 CRL', signed(toBeSigned, algorithm, signer.key));
}

interface SignatureAlgorithm {
  readonly identifier: Buffer;
  /** null where the key type fixes it. */
  readonly digest: string | null;
}

function signatureAlgorithm(key: KeyObject, digest: 'sha256' | 'sha1'): SignatureAlgorithm {
  const sha1 = digest === 'sha1';
  switch (key.asymmetricKeyType) {
    case 'ec':
      return { identifier: sequence(objectIdentifier(sha1 ? '1.2.840.10045.4.1' : '1.2.840.10045.4.3.2')), digest };
    case 'rsa':
      return {
        identifier: sequence(objectIdentifier(sha1 ? '1.2.840.113549.1.1.5' : '1.2.840.113549.1.1.11'), Buffer.of(0x05, 0x00)),
        digest,
      };
    default:
      return { identifier: sequence(objectIdentifier('1.3.101.112')), digest: null };
  }
}

function signed(toBeSigned: Buffer, algorithm: SignatureAlgorithm, key: KeyObject): Buffer {
  return sequence(toBeSigned, algorithm.identifier, bitString(sign(algorithm.digest, toBeSigned, key), 0));
}

function privateKeyOf(wanted: KeyKind | KeyObject = 'ec'): KeyObject {
  if (typeof wanted !== 'string') return wanted;
  switch (wanted) {
    case 'ec':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    case 'ec384':
      return generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
    case 'rsa':
      return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    case 'rsa1024':
      return generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
    case 'ed25519':
      return generateKeyPairSync('ed25519').privateKey;
  }
}

function subjectOf(request: CertificateRequest): string {
  return request.subject ?? `CN=${request.dnsNames?.[0] ?? request.ipAddresses?.[0] ?? 'throwaway'}`;
}

function distinguishedName(text: string): Buffer {
  const parts = text === '' ? [] : text.split(', ');
  return sequence(
    ...parts.map((part) => {
      const at = part.indexOf('=');
      const oid = NAME_PARTS.get(part.slice(0, at));
      if (oid === undefined) throw new TypeError(`unknown name part in "${part}"`);
      return setOf(sequence(objectIdentifier(oid), utf8String(part.slice(at + 1))));
    }),
  );
}

function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] ?? 0) | 0x40; // never zero in front, so that the textual form has a fixed length
  bytes[0] &= 0x7f;
  return bytes;
}

function evenHex(hex: string): string {
  return hex.length % 2 === 0 ? hex : `0${hex}`;
}

function hoursFromNow(hours: number): Date {
  return new Date(Date.now() + hours * 3_600_000);
}

function toPem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
