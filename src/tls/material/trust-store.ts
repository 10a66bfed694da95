/**
 * The certificates a service trusts: CAfile, CApath, CAstore, or the system's. The same set serves as trust anchors (verifyChain),
 * as the list of local certificates (verifyPeer), and, in server mode, as the names sent to clients. Read once at start.
 */
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { TrustConfig } from '../../config/tls-config.ts';
import { OvercoatError } from '../../errors.ts';
import { statStartFile } from '../../start-files.ts';
import { listDirectory, readHashedDirectory } from './hashed-directory.ts';
import { certificateTexts, emptyFile, materialError, materialPath, readMaterial } from './material-file.ts';
import { readSystemStore } from './system-store.ts';
import { certificatesAt, isStoreUri, shownUri } from './uri-material.ts';

export interface TrustStore {
  /** One PEM text each, in the order found. */
  readonly pem: readonly string[];
  /** The same, parsed at the first use: a system store holds 150 and few services look at them one by one. */
  certificates(): readonly X509Certificate[];
}

export const EMPTY_TRUST: TrustStore = { pem: [], certificates: () => [] };

/**
 * Loads what `trust` names.
 * @throws OvercoatError `config_key_material` naming the file that cannot be read or holds no certificate
 */
export function loadTrustStore(trust: TrustConfig): TrustStore {
  const pem = [
    ...(trust.system ? readSystemStore(process.env) : []),
    ...(trust.caFile === undefined ? [] : readCaFile(trust.caFile)),
    ...(trust.caPath === undefined ? [] : readHashedDirectory('CApath', trust.caPath).flatMap(certificateTexts)),
    ...(trust.caStore === undefined ? [] : readCaStore(trust.caStore)),
  ];
  if (pem.length === 0)
    throw new OvercoatError('config_key_material', `No trusted certificates found in ${namesOf(trust)}; ${HOW_TO_FILL}`);
  let parsed: readonly X509Certificate[] | undefined;
  return {
    pem,
    certificates: () => {
      parsed ??= pem.flatMap(parseOrSkip);
      return parsed;
    },
  };
}

const HOW_TO_FILL = 'CAfile needs PEM certificates, CApath files named by `openssl rehash`';

/** A damaged certificate cannot match anybody, so it is left out; OpenSSL skips it as well. */
function parseOrSkip(pem: string): readonly X509Certificate[] {
  try {
    return [new X509Certificate(pem)];
  } catch {
    return [];
  }
}

function readCaFile(path: string): readonly string[] {
  const bytes = readMaterial('CAfile', path);
  const found = certificateTexts(bytes);
  if (found.length === 0) {
    const empty = emptyFile(bytes);
    const because = empty === undefined ? '' : `, since ${empty}`;
    throw materialError('CAfile', path, `No trusted certificates found in it${because}; PEM certificates are needed`);
  }
  return found;
}

/** A file (PEM or one DER certificate) or a directory of such files, as OpenSSL's file store reads them; or what a provider keeps. */
function readCaStore(uri: string): readonly string[] {
  if (isStoreUri(uri)) return certificatesAt('CAstore', uri);
  const path = materialPath('CAstore', uri);
  if (statStartFile(path)?.isDirectory !== true) {
    const found = pemOrDer(readMaterial('CAstore', path));
    if (found.length === 0) throw materialError('CAstore', path, 'No trusted certificates found in it');
    return found;
  }
  return listDirectory('CAstore', path)
    .map((name) => join(path, name))
    .filter((file) => statStartFile(file)?.isFile === true)
    .flatMap((file) => pemOrDer(readMaterial('CAstore', file)));
}

function pemOrDer(bytes: Buffer): readonly string[] {
  const found = certificateTexts(bytes);
  if (found.length > 0 || bytes[0] !== 0x30) return found;
  try {
    return [new X509Certificate(bytes).toString()];
  } catch {
    return [];
  }
}

function namesOf(trust: TrustConfig): string {
  const named = [trust.system ? 'the system store' : undefined, trust.caFile, trust.caPath, trust.caStore && shownUri(trust.caStore)];
  return named.filter((name) => name !== undefined).join(', ');
}
