/**
 * One text for everything that decides whom a service trusts: what it verifies, against which certificates, pins and revocation
 * lists, and as whom it shows itself. Sessions are bound to it, so that none outlives a change of any of these. Made of contents,
 * not of paths: hosts with the same configuration agree on it.
 */
import { createHash } from 'node:crypto';
import type { ServiceConfig } from '../config/config.ts';
import type { KeyMaterial } from './material/key-material.ts';
import type { PskKeys } from './material/psk.ts';
import type { TrustStore } from './material/trust-store.ts';
import type { PinSet } from './verdict/pin.ts';

/** Loaded contents beside the configuration. */
export interface TrustContents {
  readonly material: KeyMaterial | undefined;
  readonly trust: TrustStore;
  readonly pins: PinSet;
  readonly psk: PskKeys | undefined;
  /** Revocation lists, DER. */
  readonly revocationLists: readonly Buffer[];
}

/** 64 hexadecimal digits. */
export function trustFingerprint(service: ServiceConfig, { material, trust, pins, psk, revocationLists }: TrustContents): string {
  const { pins: _, ...verify } = service.verify;
  const { crlFile: __, crlPath: ___, crlUrl: ____, ...revocation } = service.revocation;
  const hash = createHash('sha256');
  const add = (part: string | Uint8Array): void => {
    // lengths in between, so that no two lists of parts look the same
    hash.update(`${part.length}:`).update(part);
  };
  add(service.name);
  add(service.mode);
  add(JSON.stringify([verify, revocation, service.tls.securityLevel, psk?.identity, psk?.digest]));
  add(String(trust.pem.length));
  for (const pem of trust.pem) add(pem);
  for (const pin of [...pins].sort()) add(pin);
  for (const list of revocationLists) add(list);
  if (material?.kind === 'pem' || material?.kind === 'store') add(material.chain.join(''));
  if (material?.kind === 'pkcs12') add(material.pfx);
  return hash.digest('hex');
}
