/** Signatures over parts of ASN.1 structures (revocation lists, OCSP answers), by their AlgorithmIdentifier. */
import type { KeyObject } from 'node:crypto';
import { constants, verify } from 'node:crypto';
import type { DerTree } from './der-reader.ts';
import { bitStringBytes } from './der-reader.ts';

/** Digest by the hex of the OID's content; null where the key fixes it. */
const DIGESTS: ReadonlyMap<string, string | null> = new Map([
  ['2a864886f70d010105', 'sha1'],
  ['2a864886f70d01010e', 'sha224'],
  ['2a864886f70d01010b', 'sha256'],
  ['2a864886f70d01010c', 'sha384'],
  ['2a864886f70d01010d', 'sha512'],
  ['2a8648ce3d0401', 'sha1'],
  ['2a8648ce3d040301', 'sha224'],
  ['2a8648ce3d040302', 'sha256'],
  ['2a8648ce3d040303', 'sha384'],
  ['2a8648ce3d040304', 'sha512'],
  ['2b6570', null], // Ed25519
  ['2b6571', null], // Ed448
  ['608648016503040311', null], // ML-DSA-44
  ['608648016503040312', null], // ML-DSA-65
  ['608648016503040313', null], // ML-DSA-87
]);

const RSA_PSS = '2a864886f70d01010a';

const HASHES: ReadonlyMap<string, string> = new Map([
  ['608648016503040201', 'sha256'],
  ['608648016503040202', 'sha384'],
  ['608648016503040203', 'sha512'],
]);

/**
 * @param weakAllowed SHA-1, which only the security level 0 still takes
 * @returns false also for algorithms that are unknown or do not fit the key
 */
export function isSignedBy(data: Buffer, algorithm: DerTree, signature: DerTree, key: KeyObject, weakAllowed: boolean): boolean {
  const bytes = bitStringBytes(signature);
  const [oid, parameters] = algorithm.children;
  if (bytes === undefined || oid === undefined) return false;
  const name = oid.content.toString('hex');
  const digest = name === RSA_PSS ? pssDigest(parameters) : DIGESTS.get(name);
  if (digest === undefined || (digest === 'sha1' && !weakAllowed)) return false;
  const padding = name === RSA_PSS ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO } : {};
  try {
    return verify(digest, data, { key, ...padding }, bytes);
  } catch {
    return false;
  }
}

/** RSASSA-PSS-params (RFC 4055 section 3.1): [0] names the hash; the default is SHA-1, which nobody should mean. */
function pssDigest(parameters: DerTree | undefined): string | undefined {
  const hash = parameters?.children.find((part) => part.tag === 0xa0)?.children[0]?.children[0];
  return hash === undefined ? undefined : HASHES.get(hash.content.toString('hex'));
}
