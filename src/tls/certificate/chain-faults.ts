/**
 * What is wrong with a chain that we show ourselves, as far as its certificates tell: what peers stumble over although the files load.
 * Pure; it decides nothing about trust.
 */
import type { X509Certificate } from 'node:crypto';
import { factsOf } from './certificate-facts.ts';
import type { PeerRole } from './leaf-checks.ts';
import { usageProblem } from './leaf-checks.ts';
import { issuerText, subjectText } from './subject-text.ts';

export type ChainFaultKind =
  | 'expired'
  | 'not-yet-valid'
  | 'expired-cross-sign'
  | 'missing-intermediate'
  | 'order'
  | 'superfluous'
  | 'sha1'
  | 'weak-key'
  | 'no-san'
  | 'wrong-usage';

export interface ChainFault {
  readonly kind: ChainFaultKind;
  /** Which certificate of the file, from 0. */
  readonly index: number;
  /** What is wrong and what to do. What certificates say in it is untrusted. */
  readonly text: string;
}

export interface ChainQuestion {
  /** As they stand in the file, the leaf first. Not empty. */
  readonly chain: readonly X509Certificate[];
  /** Authorities that peers may be expected to know. */
  readonly roots: readonly X509Certificate[];
  /** What we are with it. */
  readonly role: PeerRole;
  readonly now: Date;
}

/** The certificates that lead up from the leaf, in that order, wherever they stand in the file: what a peer can make of it. */
export function pathOf([leaf, ...others]: readonly X509Certificate[]): readonly X509Certificate[] {
  const path = leaf === undefined ? [] : [leaf];
  let left = others;
  for (let top = leaf; top !== undefined; ) {
    const below = top;
    const issuer = isSelfIssued(below) ? undefined : left.find((one) => below.checkIssued(one));
    if (issuer !== undefined) path.push(issuer);
    left = left.filter((one) => one !== issuer);
    top = issuer;
  }
  return path;
}

/** Every fault, in the order of the file. */
export function chainFaults(question: ChainQuestion): readonly ChainFault[] {
  const { chain } = question;
  const path = pathOf(chain);
  const found = [
    ...leafFaults(question),
    ...chain.flatMap((certificate, index) => [
      ...dateFaults(question, certificate, index),
      ...strengthFaults(certificate, index),
      ...placeFaults(path, certificate, index),
    ]),
    ...topFaults(question, path),
  ];
  return found.sort((one, other) => one.index - other.index);
}

function leafFaults({ chain: [leaf], role }: ChainQuestion): readonly ChainFault[] {
  const facts = leaf === undefined ? undefined : factsOf(leaf);
  if (leaf === undefined || facts === undefined) return [];
  const faults: ChainFault[] = [];
  const { dns, addresses } = facts.names;
  if (role === 'server' && dns.length + addresses.length === 0) {
    faults.push({
      kind: 'no-san',
      index: 0,
      text: `it names no host in subjectAltName, so clients refuse it; have it issued with its names`,
    });
  }
  const wrong = facts.authority ? 'it is the certificate of an authority' : usageProblem(facts, role);
  if (wrong !== undefined) {
    faults.push({ kind: 'wrong-usage', index: 0, text: `${wrong}; have one issued for a TLS ${role}` });
  }
  return faults;
}

function dateFaults({ roots, now }: ChainQuestion, certificate: X509Certificate, index: number): readonly ChainFault[] {
  const { validFromDate, validToDate } = certificate;
  const day = (date: Date): string => date.toISOString().slice(0, 10);
  if (validFromDate > now) return [{ kind: 'not-yet-valid', index, text: `it is not valid before ${day(validFromDate)}` }];
  if (validToDate >= now) return [];
  if (index === 0) return [{ kind: 'expired', index, text: `it expired on ${day(validToDate)}; renew it` }];
  const subject = factsOf(certificate)?.subject;
  const crossed = roots.some((root) => subject !== undefined && factsOf(root)?.subject.equals(subject) && root.validToDate >= now);
  return crossed
    ? [
        {
          kind: 'expired-cross-sign',
          index,
          text: `it crosses over to an older authority and expired on ${day(validToDate)}; leave it out: its own root is known`,
        },
      ]
    : [{ kind: 'expired', index, text: `this intermediate expired on ${day(validToDate)}; take the present one of its authority` }];
}

/** As hex of the OID's DER content: RSA, ECDSA and DSA with SHA-1, RSA with MD5. */
const BROKEN_DIGESTS: ReadonlySet<string> = new Set(['2a864886f70d010105', '2a8648ce3d0401', '2a8648ce380403', '2a864886f70d010104']);
const LEAST_RSA_BITS = 2048;
const WEAK_CURVES: ReadonlySet<string> = new Set(['prime192v1', 'secp192k1', 'secp160r1', 'secp160k1', 'secp160r2']);

function strengthFaults(certificate: X509Certificate, index: number): readonly ChainFault[] {
  const faults: ChainFault[] = [];
  const algorithm = factsOf(certificate)?.signatureAlgorithm ?? '';
  // nobody checks what a root says of itself
  if (BROKEN_DIGESTS.has(algorithm) && !isSelfIssued(certificate))
    faults.push({ kind: 'sha1', index, text: 'it is signed with a broken digest (SHA-1 or MD5); have it issued again' });
  const { modulusLength, namedCurve } = certificate.publicKey.asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined && modulusLength < LEAST_RSA_BITS)
    faults.push({ kind: 'weak-key', index, text: `its key has ${modulusLength} bits; make one of at least ${LEAST_RSA_BITS}` });
  if (namedCurve !== undefined && WEAK_CURVES.has(namedCurve))
    faults.push({ kind: 'weak-key', index, text: `its key is on the curve ${namedCurve}; make one on P-256` });
  return faults;
}

function placeFaults(path: readonly X509Certificate[], certificate: X509Certificate, index: number): readonly ChainFault[] {
  const place = path.indexOf(certificate);
  if (place < 0)
    return [{ kind: 'superfluous', index, text: `${subjectText(certificate)} does not lead up from the first one; leave it out` }];
  if (place !== index)
    return [{ kind: 'order', index, text: `it belongs to place ${place + 1}: each certificate is followed by its issuer` }];
  if (place > 0 && isSelfIssued(certificate))
    return [{ kind: 'superfluous', index, text: `${subjectText(certificate)} is a root, which peers have or do not trust; leave it out` }];
  return [];
}

function topFaults({ chain, roots }: ChainQuestion, path: readonly X509Certificate[]): readonly ChainFault[] {
  const top = path.at(-1);
  if (top === undefined || isSelfIssued(top) || roots.some((root) => top.checkIssued(root))) return [];
  const text = `its issuer ${issuerText(top)} is neither in the file nor an authority that is trusted here; put it behind, unless it is a root that peers have`;
  return [{ kind: 'missing-intermediate', index: chain.indexOf(top), text }];
}

export function isSelfIssued(certificate: X509Certificate): boolean {
  const facts = factsOf(certificate);
  return facts === undefined || facts.issuer.equals(facts.subject);
}
