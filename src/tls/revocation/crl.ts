/** Certificate revocation lists (RFC 5280 section 5): what is in one, and where a service's lists come from. */
import type { RevocationConfig } from '../../config/tls-config.ts';
import type { DerTree } from '../certificate/der-reader.ts';
import { DER, DerCursor, readDerTree, unwrap } from '../certificate/der-reader.ts';
import { readHashedDirectory } from '../material/hashed-directory.ts';
import type { PemBlock } from '../material/material-file.ts';
import { emptyFile, materialError, pemBlocks, readMaterial } from '../material/material-file.ts';

/** All of a list but its entries: as much as may be read of one before its signature was checked. */
export interface ListHead {
  readonly der: Buffer;
  /** DER name, hex. */
  readonly issuer: string;
  readonly thisUpdate: Date;
  /** undefined: it does not say. */
  readonly nextUpdate: Date | undefined;
  readonly entries: Buffer;
  readonly signed: { readonly data: Buffer; readonly algorithm: DerTree; readonly signature: DerTree };
  readonly scope: RevocationScope;
}

export interface RevocationList extends ListHead {
  /** Serial numbers as hex of the INTEGER's content. */
  readonly revoked: ReadonlySet<string>;
}

/** Whom a list is about (issuingDistributionPoint, RFC 5280 section 5.2.5). */
export interface RevocationScope {
  readonly onlyUsers: boolean;
  readonly onlyAuthorities: boolean;
  /** Names of the distribution point, DER of each GeneralName; undefined: for every certificate of the issuer. */
  readonly points: readonly Buffer[] | undefined;
}

const EVERYBODY: RevocationScope = { onlyUsers: false, onlyAuthorities: false, points: undefined };

/**
 * Reads CRLfile, CRLpath, and the lists that stand in CAfile.
 * @throws OvercoatError `config_key_material` naming the file
 */
export function loadRevocationLists({ crlFile, crlPath }: RevocationConfig, caFile: string | undefined): readonly RevocationList[] {
  const own = crlFile === undefined ? [] : readLists('CRLfile', crlFile);
  const hashed =
    crlPath === undefined ? [] : readHashedDirectory('CRLpath', crlPath).flatMap((bytes) => listsIn('CRLpath', crlPath, bytes));
  const beside = caFile === undefined ? [] : readLists('CAfile', caFile);
  return [...own, ...hashed, ...beside];
}

function readLists(option: string, path: string): readonly RevocationList[] {
  return listsIn(option, path, readMaterial(option, path));
}

function listsIn(option: string, path: string, bytes: Buffer): readonly RevocationList[] {
  const blocks = pemBlocks(bytes).filter((block) => block.label === 'X509 CRL');
  if (blocks.length === 0 && option === 'CRLfile')
    throw materialError(option, path, `${emptyFile(bytes) ?? 'holds no revocation list'}; PEM (X509 CRL) is needed`);
  return blocks.flatMap((block) => {
    const list = parseRevocationList(pemBytes(block));
    if (list === 'malformed') throw materialError(option, path, 'a revocation list in it cannot be read; the file may be damaged');
    return list === 'unusable' ? [] : [list];
  });
}

/** What is inside a block of `pemBlocks`, behind its headers (RFC 1421 section 4.4), if it has some. */
export function pemBytes({ label, text }: PemBlock): Buffer {
  const end = text.lastIndexOf(`-----END ${label}-----`);
  const headers = text.lastIndexOf(':', end);
  const start = headers < 0 ? `-----BEGIN ${label}-----`.length : text.indexOf('\n', headers);
  return Buffer.from(text.slice(start, end), 'base64');
}

/** @returns as `readListHead`; `malformed` also for its entries */
export function parseRevocationList(der: Buffer): RevocationList | 'malformed' | 'unusable' {
  const head = readListHead(der);
  return typeof head === 'string' ? head : withEntries(head);
}

/** The whole list: its entries are read, all of them. */
export function withEntries(head: ListHead): RevocationList | 'malformed' {
  const revoked = serialsIn(head.entries);
  return revoked === undefined ? 'malformed' : { ...head, revoked };
}

/** @returns `unusable` for delta lists and those with critical extensions we do not know: they cannot say "not revoked" */
export function readListHead(der: Buffer): ListHead | 'malformed' | 'unusable' {
  const [toBeSigned, algorithm, signature] = readDerTree(der)?.children ?? [];
  if (toBeSigned === undefined || algorithm === undefined || signature === undefined) return 'malformed';
  const fields = [...toBeSigned.children];
  if (fields[0]?.tag === 0x02) fields.shift(); // version
  const [inner, issuer, thisUpdate, ...rest] = fields;
  if (inner === undefined || issuer === undefined || thisUpdate?.date === undefined || !inner.whole.equals(algorithm.whole))
    return 'malformed';
  const nextUpdate = rest[0]?.date;
  const scope = readScope(rest.find((field) => field.tag === 0xa0));
  if (scope === 'unusable') return 'unusable';
  return {
    der,
    issuer: issuer.whole.toString('hex'),
    thisUpdate: thisUpdate.date,
    nextUpdate,
    entries: rest.find((field) => field.tag === DER.sequence)?.content ?? EMPTY,
    signed: { data: toBeSigned.whole, algorithm, signature },
    scope,
  };
}

const OID = { reasonCode: '551d15', issuingDistributionPoint: '551d1c', authorityKeyIdentifier: '551d23', crlNumber: '551d14' } as const;
/** removeFromCRL, RFC 5280 section 5.3.1. */
const REMOVED = 8;

const EMPTY = Buffer.alloc(0);
const REASON_CODE = Buffer.from(OID.reasonCode, 'hex');

/**
 * The entries, each a serial number, a date and perhaps extensions (RFC 5280 section 5.1). Large authorities have hundreds of thousands of
 * them, and whoever answers a question for a list may send as many as fit: nothing but the serial number is made of one.
 * @returns undefined where they are malformed
 */
function serialsIn(entries: Buffer): ReadonlySet<string> | undefined {
  const serials = new Set<string>();
  const entry = new DerCursor(entries);
  while (entry.next()) {
    const part = new DerCursor(entries, entry.start, entry.end);
    if (entry.tag !== DER.sequence || !part.next() || part.tag !== DER.integer) return undefined;
    const serial = entries.toString('hex', part.start, part.end);
    if (!part.next()) return undefined;
    if (!part.next() || !isRemoval(entries, part)) serials.add(serial);
    if (part.malformed) return undefined;
  }
  return entry.malformed ? undefined : serials;
}

/** @param extensions stands at those of an entry */
function isRemoval(bytes: Buffer, extensions: DerCursor): boolean {
  const extension = new DerCursor(bytes, extensions.start, extensions.end);
  while (extension.next()) {
    const part = new DerCursor(bytes, extension.start, extension.end);
    if (!part.next() || bytes.compare(REASON_CODE, 0, REASON_CODE.length, part.start, part.end) !== 0) continue;
    while (part.next());
    // an OCTET STRING with an ENUMERATED of one byte
    return bytes[part.end - 1] === REMOVED && part.end - part.start === 3;
  }
  return false;
}

function readScope(field: DerTree | undefined): RevocationScope | 'unusable' {
  let scope = EVERYBODY;
  for (const extension of field?.children[0]?.children ?? []) {
    const oid = extension.children[0]?.content.toString('hex');
    const critical = extension.children.length === 3 && extension.children[1]?.content[0] !== 0;
    if (oid === OID.issuingDistributionPoint) {
      const read = readDistributionPoint(unwrap(extension.children.at(-1)));
      if (read === 'unusable') return read;
      scope = read;
    } else if (critical && oid !== OID.authorityKeyIdentifier && oid !== OID.crlNumber) {
      return 'unusable';
    }
  }
  return scope;
}

/** Lists for some reasons only, for attributes, or of other issuers do not answer the question. */
function readDistributionPoint(point: DerTree | undefined): RevocationScope | 'unusable' {
  const part = (tag: number) => point?.children.find((child) => child.tag === tag);
  if (point === undefined || part(0x83) !== undefined || isTrue(part(0x84)) || isTrue(part(0x85))) return 'unusable';
  // [0] distributionPoint holds [0] fullName; a name relative to the issuer is not met in practice
  const names = part(0xa0)?.children[0];
  if (part(0xa0) !== undefined && names?.tag !== 0xa0) return 'unusable';
  return { onlyUsers: isTrue(part(0x81)), onlyAuthorities: isTrue(part(0x82)), points: names?.children.map((name) => name.whole) };
}

function isTrue(flag: DerTree | undefined): boolean {
  return flag !== undefined && flag.content[0] !== 0;
}
