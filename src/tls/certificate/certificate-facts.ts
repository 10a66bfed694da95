/**
 * What our own checks need to know of a certificate, read from its DER (RFC 5280 section 4.1). Node's strings are not used for
 * names: they lose the type of an entry and have been fooled by what stands inside (CVE-2021-44532).
 */
import type { X509Certificate } from 'node:crypto';
import type { DerValue } from './der-reader.ts';
import { DER, readChildren, readConstructed, readTime } from './der-reader.ts';

export interface CertificateFacts {
  /** 1, 2 or 3. */
  readonly version: number;
  /** SubjectPublicKeyInfo, DER: what a `sha256:` pin hashes. */
  readonly publicKeyInfo: Buffer;
  /** The bits of the public key without its algorithm: what stunnel's verifyPeer compares. */
  readonly publicKeyBits: Buffer;
  /** The INTEGER's content, hex. */
  readonly serial: string;
  readonly issuer: Buffer;
  readonly subject: Buffer;
  /** Milliseconds of the wall clock; NaN where the field cannot be read. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** OID of the signature algorithm, as hex of its DER content. */
  readonly signatureAlgorithm: string;
  readonly names: SubjectNames;
  /** OIDs as hex of their DER content; undefined without the extension. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  /** The first 16 bits, the first (digitalSignature) highest; undefined without the extension. */
  readonly keyUsage: number | undefined;
  /** basicConstraints cA. */
  readonly authority: boolean;
  /** A critical extension OpenSSL would not know either. */
  readonly unknownCritical: boolean;
  /** OIDs of the critical extensions, in the same form. */
  readonly critical: ReadonlySet<string>;
  /** DER values of all extensions, by the hex of their OID's content. */
  readonly extensions: ReadonlyMap<string, Buffer>;
}

/** The entries of subjectAltName that we match, as raw bytes. */
export interface SubjectNames {
  readonly dns: readonly Buffer[];
  readonly addresses: readonly Buffer[];
  readonly emails: readonly Buffer[];
  readonly uris: readonly Buffer[];
}

export const KEY_USAGE = {
  digitalSignature: 0x8000,
  keyEncipherment: 0x2000,
  keyAgreement: 0x0800,
  keyCertSign: 0x0400,
  cRLSign: 0x0200,
} as const;

export const EXTENSION = {
  subjectKeyIdentifier: '551d0e',
  keyUsage: '551d0f',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
  nameConstraints: '551d1e',
  crlDistributionPoints: '551d1f',
  authorityKeyIdentifier: '551d23',
  extendedKeyUsage: '551d25',
  authorityInfoAccess: '2b06010505070101',
  tlsFeature: '2b06010505070118',
} as const;

/** Those OpenSSL's X509_supported_extension knows: a critical one outside this list must make the certificate unusable. */
const KNOWN_CRITICAL: ReadonlySet<string> = new Set([
  EXTENSION.keyUsage,
  EXTENSION.subjectAltName,
  EXTENSION.basicConstraints,
  EXTENSION.nameConstraints,
  EXTENSION.crlDistributionPoints,
  EXTENSION.extendedKeyUsage,
  '6086480186f8420101', // Netscape certificate type
  '551d20', // certificatePolicies
  '551d21', // policyMappings
  '551d24', // policyConstraints
  '551d36', // inhibitAnyPolicy
  '2b06010505070107', // RFC 3779 addresses
  '2b06010505070108', // RFC 3779 autonomous systems
  '2b0601050507010e', // proxyCertInfo
]);

interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Buffer;
}

/** Peers show the same few certificates over and over. */
const CACHED = 256;
const cache = new Map<string, CertificateFacts>();

/** Reads a certificate. `undefined`: it is malformed where we look, and must be refused. */
export function readCertificate(der: Buffer): CertificateFacts | undefined {
  const key = der.toString('latin1');
  const known = cache.get(key);
  if (known !== undefined) return known;
  const facts = parseCertificate(der);
  if (facts === undefined) return undefined;
  cache.set(key, facts);
  for (const oldest of cache.keys()) {
    if (cache.size <= CACHED) break;
    cache.delete(oldest);
  }
  return facts;
}

const byCertificate = new WeakMap<X509Certificate, CertificateFacts>();

/** As `readCertificate`, of a parsed one. A client that resumes asks about the same object at each connection, several times. */
export function factsOf(certificate: X509Certificate): CertificateFacts | undefined {
  const known = byCertificate.get(certificate);
  if (known !== undefined) return known;
  const facts = readCertificate(certificate.raw);
  if (facts !== undefined) byCertificate.set(certificate, facts);
  return facts;
}

function timeOf(value: DerValue | undefined): number {
  return value === undefined ? Number.NaN : (readTime(value)?.getTime() ?? Number.NaN);
}

function parseCertificate(der: Buffer): CertificateFacts | undefined {
  const toBeSigned = readConstructed(der, DER.sequence)?.[0];
  const fields = toBeSigned === undefined ? undefined : readChildren(toBeSigned.content);
  if (fields === undefined) return undefined;
  const explicitVersion = fields[0]?.tag === 0xa0;
  const version = explicitVersion ? (fields[0]?.content[2] ?? 0) + 1 : 1;
  const [serial, algorithm, issuer, validity, subject, publicKeyInfo, ...rest] = explicitVersion ? fields.slice(1) : fields;
  if (
    serial?.tag !== DER.integer ||
    algorithm === undefined ||
    issuer === undefined ||
    subject === undefined ||
    publicKeyInfo === undefined
  )
    return undefined;
  const extensions = readExtensions(rest.find((field) => field.tag === 0xa3));
  const key = readChildren(publicKeyInfo.content)?.[1];
  const signature = readChildren(algorithm.content)?.[0];
  const dates = validity === undefined ? undefined : readChildren(validity.content);
  if (extensions === undefined || key?.tag !== DER.bitString || signature === undefined) return undefined;
  const names = readNames(extensions.get(EXTENSION.subjectAltName)?.value);
  const extendedKeyUsage = readOids(extensions.get(EXTENSION.extendedKeyUsage)?.value);
  if (names === undefined || extendedKeyUsage === null) return undefined;
  return {
    version,
    publicKeyInfo: publicKeyInfo.whole,
    publicKeyBits: key.content,
    serial: serial.content.toString('hex'),
    issuer: issuer.whole,
    subject: subject.whole,
    notBefore: timeOf(dates?.[0]),
    notAfter: timeOf(dates?.[1]),
    signatureAlgorithm: signature.content.toString('hex'),
    names,
    extendedKeyUsage,
    keyUsage: readKeyUsage(extensions.get(EXTENSION.keyUsage)?.value),
    authority: readAuthority(extensions.get(EXTENSION.basicConstraints)?.value),
    unknownCritical: [...extensions.values()].some((one) => one.critical && !KNOWN_CRITICAL.has(one.oid)),
    critical: new Set([...extensions.values()].filter((one) => one.critical).map((one) => one.oid)),
    extensions: new Map([...extensions].map(([oid, { value }]) => [oid, value])),
  };
}

/** Empty without extensions; undefined when malformed or when one stands twice (RFC 5280 section 4.2 forbids it). */
function readExtensions(field: DerValue | undefined): ReadonlyMap<string, Extension> | undefined {
  const found = new Map<string, Extension>();
  if (field === undefined) return found;
  const list = readConstructed(field.content, DER.sequence);
  if (list === undefined) return undefined;
  for (const entry of list) {
    const parts = readChildren(entry.content);
    const oid = parts?.[0];
    const value = parts?.at(-1);
    if (parts === undefined || oid?.tag !== DER.objectIdentifier || value?.tag !== DER.octetString) return undefined;
    const name = oid.content.toString('hex');
    if (found.has(name)) return undefined;
    const critical = parts.length === 3 && parts[1]?.tag === DER.boolean && parts[1].content[0] !== 0;
    found.set(name, { oid: name, critical, value: value.content });
  }
  return found;
}

function readNames(value: Buffer | undefined): SubjectNames | undefined {
  const names = { dns: [] as Buffer[], addresses: [] as Buffer[], emails: [] as Buffer[], uris: [] as Buffer[] };
  if (value === undefined) return names;
  const entries = readConstructed(value, DER.sequence);
  if (entries === undefined) return undefined;
  for (const entry of entries) {
    if (entry.tag === 0x81) names.emails.push(entry.content);
    else if (entry.tag === 0x86) names.uris.push(entry.content);
    else if (entry.tag === 0x82) names.dns.push(entry.content);
    else if (entry.tag === 0x87) names.addresses.push(entry.content);
  }
  return names;
}

/** undefined: no extension; null: malformed. */
function readOids(value: Buffer | undefined): readonly string[] | undefined | null {
  if (value === undefined) return undefined;
  const list = readConstructed(value, DER.sequence);
  return list === undefined ? null : list.map((oid) => oid.content.toString('hex'));
}

function readKeyUsage(value: Buffer | undefined): number | undefined {
  if (value === undefined) return undefined;
  // BIT STRING: tag, length, unused bits, then one or two bytes
  return value[0] === DER.bitString ? ((value[3] ?? 0) << 8) | (value[4] ?? 0) : 0;
}

function readAuthority(value: Buffer | undefined): boolean {
  const first = value === undefined ? undefined : readConstructed(value, DER.sequence)?.[0];
  return first?.tag === DER.boolean && first.content[0] !== 0;
}
