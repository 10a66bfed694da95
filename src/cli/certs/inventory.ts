/** Every certificate and revocation list that a configuration names, each once with the services that use it. */
import { X509Certificate } from 'node:crypto';
import { ipText } from '../../address/ip.ts';
import type { ServiceConfig } from '../../config/config.ts';
import { OvercoatError } from '../../errors.ts';
import type { Expiring } from '../../observe/daemon-events.ts';
import { factsOf } from '../../tls/certificate/certificate-facts.ts';
import type { ChainFault } from '../../tls/certificate/chain-faults.ts';
import { chainFaults, pathOf } from '../../tls/certificate/chain-faults.ts';
import { nameText } from '../../tls/certificate/name-text.ts';
import { issuerText, subjectText } from '../../tls/certificate/subject-text.ts';
import { openPkcs12 } from '../../tls/engine/context.ts';
import type { AskPassphrase } from '../../tls/material/key-material.ts';
import { loadKeyMaterial } from '../../tls/material/key-material.ts';
import { certificateTexts, isThere, materialPath, readMaterial } from '../../tls/material/material-file.ts';
import { readSystemStore } from '../../tls/material/system-store.ts';
import { loadTrustStore } from '../../tls/material/trust-store.ts';
import { certificatesAt, isStoreUri, shownUri } from '../../tls/material/uri-material.ts';
import { loadRevocationLists } from '../../tls/revocation/crl.ts';

const DAY_MS = 86_400_000;

export interface ListedItem {
  readonly of: Expiring;
  /** Subject; of a revocation list its issuer. */
  readonly name: string;
  /** undefined for a revocation list. */
  readonly issuer: string | undefined;
  /** Hosts and addresses it is for. */
  readonly names: readonly string[];
  readonly from: string;
  readonly services: readonly string[];
  /** undefined: it does not say. */
  readonly expires: number | undefined;
  /** Whole days; negative: it has ended. */
  readonly daysLeft: number | undefined;
  /** SHA-256 of the whole, in hex. */
  readonly sha256: string | undefined;
  /** Our own: subjects from the leaf up, as a peer can follow them. */
  readonly chain: readonly string[];
  readonly faults: readonly ChainFault[];
}

export interface Inventory {
  readonly items: readonly ListedItem[];
  /** What could not be read. */
  readonly problems: readonly { readonly service: string; readonly text: string }[];
}

type Found = Omit<ListedItem, 'services'>;

/** @param ask for the passphrases of PKCS#12 files */
export function listCertificates(services: readonly ServiceConfig[], ask: AskPassphrase, now: Date): Inventory {
  const items = new Map<string, { readonly found: Found; readonly services: Set<string> }>();
  const problems: { service: string; text: string }[] = [];
  const roots = rootsKnownHere();
  for (const service of services) {
    for (const part of [ownOf, trustedOf, pinnedOf, listsOf]) {
      try {
        for (const found of part(service, { ask, now, roots })) {
          const key = [found.of, found.from, found.sha256, found.name, found.expires].join('\n');
          const known = items.get(key) ?? { found, services: new Set<string>() };
          items.set(key, known);
          known.services.add(service.name);
        }
      } catch (cause) {
        if (!(cause instanceof OvercoatError)) throw cause;
        problems.push({ service: service.name, text: cause.message });
      }
    }
  }
  return { items: [...items.values()].map(({ found, services: users }) => ({ ...found, services: [...users] })), problems };
}

interface Reading {
  readonly ask: AskPassphrase;
  readonly now: Date;
  readonly roots: readonly X509Certificate[];
}

function ownOf({ tls, mode, trust, acme }: ServiceConfig, { ask, now, roots }: Reading): readonly Found[] {
  if (tls.cert === undefined) return [];
  if (acme !== undefined && !isThere(tls.cert)) {
    const text = `its certificate for ${acme.names.join(', ')} is not there yet; it is asked for at ${acme.directory} while the service runs`;
    throw new OvercoatError('config_acme', text);
  }
  const path = isStoreUri(tls.cert) ? shownUri(tls.cert) : materialPath('cert', tls.cert);
  const texts = isStoreUri(tls.cert) ? certificatesAt('cert', tls.cert) : certificateTexts(readMaterial('cert', path));
  const container = texts.length === 0 ? loadKeyMaterial(tls.cert, tls.key, ask, openPkcs12).leaf : undefined;
  const chain = container === undefined ? texts.map((pem) => new X509Certificate(pem)) : [container];
  const [leaf] = chain;
  if (leaf === undefined) return [];
  const named = hasNamedTrust(trust) ? loadTrustStore({ ...trust, system: false }).certificates() : [];
  const faults = chainFaults({ chain, roots: [...roots, ...named], role: mode, now });
  // what a PKCS#12 file has beside the leaf is not looked at, so nothing is said to be missing
  const shown = container === undefined ? faults : faults.filter(({ kind }) => kind !== 'missing-intermediate');
  return [{ ...certificateItem('certificate', leaf, path, now), chain: pathOf(chain).map(subjectText), faults: shown }];
}

function trustedOf({ trust, verify }: ServiceConfig, { now }: Reading): readonly Found[] {
  if (!hasNamedTrust(trust)) return [];
  const from = [trust.caFile, trust.caPath, trust.caStore].flatMap((each) => (each === undefined ? [] : [shownUri(each)])).join(', ');
  const of = verify.peer && !verify.chain ? 'peer' : 'authority';
  return loadTrustStore({ ...trust, system: false })
    .certificates()
    .map((one) => certificateItem(of, one, from, now));
}

function pinnedOf({ verify }: ServiceConfig, { now }: Reading): readonly Found[] {
  return verify.pins.flatMap((pin) =>
    pin.kind === 'file'
      ? certificateTexts(readMaterial('pin', pin.path)).map((pem) => certificateItem('peer', new X509Certificate(pem), pin.path, now))
      : [],
  );
}

function listsOf({ revocation, trust }: ServiceConfig, { now }: Reading): readonly Found[] {
  const { crlFile, crlPath } = revocation;
  if (crlFile === undefined && crlPath === undefined) return [];
  return loadRevocationLists(revocation, trust.caFile).map(({ issuer, nextUpdate }) => ({
    of: 'revocation-list',
    name: nameText(Buffer.from(issuer, 'hex')),
    issuer: undefined,
    names: [],
    from: [crlFile, crlPath].filter((each) => each !== undefined).join(', '),
    expires: nextUpdate?.getTime(),
    daysLeft: nextUpdate === undefined ? undefined : Math.floor((nextUpdate.getTime() - now.getTime()) / DAY_MS),
    sha256: undefined,
    chain: [],
    faults: [],
  }));
}

function certificateItem(of: Expiring, certificate: X509Certificate, from: string, now: Date): Found {
  const expires = certificate.validToDate.getTime();
  const names = factsOf(certificate)?.names;
  return {
    of,
    name: subjectText(certificate),
    issuer: issuerText(certificate),
    names: [...(names?.dns ?? []).map((name) => name.toString('latin1')), ...(names?.addresses ?? []).map(ipText)],
    from,
    expires,
    daysLeft: Math.floor((expires - now.getTime()) / DAY_MS),
    sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    chain: [],
    faults: [],
  };
}

function hasNamedTrust({ caFile, caPath, caStore }: ServiceConfig['trust']): boolean {
  return caFile !== undefined || caPath !== undefined || caStore !== undefined;
}

/** What this machine trusts stands for what peers trust. */
function rootsKnownHere(): readonly X509Certificate[] {
  try {
    return readSystemStore(process.env).flatMap((pem) => {
      try {
        return [new X509Certificate(pem)];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}
