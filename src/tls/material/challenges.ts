/** What TLS-ALPN-01 (RFC 8737) shows: one key, and a certificate a name that is being checked. */
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { readStartFile } from '../../start-files.ts';
import type { KeyMaterial } from './key-material.ts';
import { isCertificate, pemBlocks } from './material-file.ts';

/** Beside the certificate (`src/acme/wanted.ts`). */
const FILE = 'challenge.pem';
const DNS = 'DNS:';

export interface Challenge {
  /** Lower case. */
  readonly name: string;
  readonly material: KeyMaterial;
}

/** None most of the time. A file that cannot be used is none: no service stops for it. */
export function loadChallenges(folder: string): readonly Challenge[] {
  const bytes = bytesOf(join(folder, FILE));
  if (bytes === undefined) return [];
  const blocks = pemBlocks(bytes);
  const key = blocks.find((block) => !isCertificate(block))?.text;
  if (key === undefined) return [];
  return blocks.filter(isCertificate).flatMap(({ text }) => {
    try {
      const leaf = new X509Certificate(text);
      const material: KeyMaterial = { kind: 'pem', chain: [text], key, leaf, dhParameters: undefined, exposed: undefined };
      const name = leaf.subjectAltName?.startsWith(DNS) === true ? leaf.subjectAltName.slice(DNS.length).toLowerCase() : undefined;
      return name === undefined ? [] : [{ name, material }];
    } catch {
      return [];
    }
  });
}

/** Always asked for, so that it is watched. */
function bytesOf(path: string): Buffer | undefined {
  try {
    return readStartFile(path);
  } catch {
    return undefined;
  }
}
