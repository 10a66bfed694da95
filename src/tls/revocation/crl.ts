/** Certificate revocation lists (RFC 5280 section 5): what is in one, and where a service's lists come from. */
import type { RevocationConfig } from '../../config/tls-config.ts';
import type { DerTree } from '../certificate/der-reader.ts';
import { readDerTree, unwrap } from '../certificate/der-reader.ts';
import { readHashedDirectory } from '../material/hashed-directory.ts';
import { emptyFile, materialError, pemBlocks, readMaterial } from '../material/material-file.ts';

export interface RevocationList {
  readonly der: Buffer;
  /** DER name, hex. */
  readonly issuer: string;
  readonly thisUpdate: Date;
  /** undefined: it does not say. */
  readonly nextUpdate: Date | undefined;
  /** Serial numbers as hex of the INTEGER's content. */
  readonly revoked: ReadonlySet<string>;
  readonly signed: { readonly data: Buffer; readonly algorithm: DerTree; readonly signature: DerTree };
  readonly scope: RevocationScope;
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
    const list = parseRevocationList(pemBytes(block.text));
    if (list === 'malformed') throw materialError(option, path, 'a revocation list in it cannot be read; the file may be damaged');
    return list === 'unusable' ? [] : [list];
  });
}

/** What is inside a PEM block. */
export function pemBytes(text: string): Buffer {
  const lines = text.split('\n').filter((line) => !line.startsWith('-----') && !line.includes(':'));
  return Buffer.from(lines.join(''), 'base64');
}

/** @returns `unusable` for delta lists and those with critical extensions we do not know: they cannot say "not revoked" */
export function parseRevocationList(der: Buffer): RevocationList | 'malformed' | 'unusable' {
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
  const entries = rest.find((field) => field.tag === 0x30)?.children ?? [];
  return {
    der,
    issuer: issuer.whole.toString('hex'),
    thisUpdate: thisUpdate.date,
    nextUpdate,
    revoked: new Set(entries.filter((entry) => !isRemoval(entry)).map((entry) => entry.children[0]?.content.toString('hex') ?? '')),
    signed: { data: toBeSigned.whole, algorithm, signature },
    scope,
  };
}

const OID = { reasonCode: '551d15', issuingDistributionPoint: '551d1c', authorityKeyIdentifier: '551d23', crlNumber: '551d14' } as const;
/** removeFromCRL, RFC 5280 section 5.3.1. */
const REMOVED = 8;

function isRemoval(entry: DerTree): boolean {
  const extensions = entry.children[2]?.children ?? [];
  const reason = extensions.find((one) => one.children[0]?.content.toString('hex') === OID.reasonCode);
  return reason !== undefined && unwrap(reason.children.at(-1))?.content[0] === REMOVED;
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
