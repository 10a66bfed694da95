/** The OCSP responders that own certificates name, which are asked for staples, before anything of a service is loaded. */
import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { ServiceConfig } from '../../config/config.ts';
import { pathBytes } from '../../text/raw-text.ts';
import { isCertificate, pemBlocks } from '../../tls/material/material-file.ts';
import { stapleResponders } from '../../tls/revocation/ocsp-check.ts';
import { fromStartFolder } from '../process/start-folder.ts';

/**
 * URLs, of those services whose `cert` is a PEM file that can be read now; of another kind it becomes known when it is loaded, and what is
 * wrong with one is told by whoever loads it. Reads in this thread: the pool must not have begun.
 */
export function ownResponders(services: readonly Pick<ServiceConfig, 'mode' | 'tls'>[]): readonly string[] {
  return services.flatMap(({ mode, tls: { cert } }) => (mode === 'server' && cert !== undefined ? respondersOf(cert) : []));
}

function respondersOf(cert: string): readonly string[] {
  const path = pathBytes(fromStartFolder(cert));
  try {
    if (!statSync(path).isFile()) return []; // a pipe cannot be read twice
    const leaf = pemBlocks(readFileSync(path)).find(isCertificate);
    return leaf === undefined ? [] : stapleResponders(new X509Certificate(leaf.text));
  } catch {
    return [];
  }
}
