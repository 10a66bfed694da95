/** Asks the name sources of a service, in their order; the first that answers wins. */

import type { DialAddress } from '../../address/dial-address.ts';
import type { Host } from '../../address/host-name.ts';
import type { ServiceConfig } from '../../config/config.ts';
import type { NameMemory, RememberedName } from '../../names/dns/memory.ts';
import { namesInHosts } from '../../names/hosts-file.ts';
import { planSniff } from '../../names/sniff-plan.ts';
import type { Sniffed } from '../../names/sniffer.ts';
import type { NameSource } from '../../observe/events.ts';
import type { Life } from '../life/life.ts';
import type { Accepted, Destination, Service } from '../record.ts';
import { clientEnd } from '../record.ts';
import { sniffClient } from './first-bytes.ts';
import { recogniseTls } from './tls-recogniser.ts';

/** What one source knows. */
export interface Found {
  readonly host: Host;
  readonly source: NameSource;
  /** For the log: the protocol that said it, or ''. */
  readonly detail: string;
}

/** What all sources together know. */
export interface Findings {
  readonly found: Found | undefined;
  /** What the client's first bytes were, where they were looked at. */
  readonly sniffed: Sniffed | undefined;
  /** For the log: why there is no name. */
  readonly why: string;
}

type TcpTarget = DialAddress & { readonly kind: 'tcp' };

/** @param memory of the DNS forwarder, where there is one; @throws OvercoatError `setup_timeout` */
export async function findName(
  accepted: Accepted,
  destination: Destination,
  service: Service,
  life: Life,
  memory: NameMemory | undefined,
): Promise<Findings> {
  const { config } = service;
  const target = tcpOf(destination);
  const remembered = async (): Promise<RememberedName> => {
    if (memory === undefined || target === undefined) return { kind: 'none' };
    return memory.nameFor(clientEnd(accepted)?.address ?? '', target.host);
  };
  const look = async (wanted: 'name' | 'rest'): Promise<Sniffed | undefined> => {
    const plan = planSniff(config, target?.port, wanted, recogniseTls);
    return plan === undefined ? undefined : sniffClient(accepted.leg, plan, life);
  };
  const reasons: string[] = [];
  let found = givenName(config);
  let sniffed: Sniffed | undefined;
  for (const source of config.serverName.kind === 'auto' ? config.names.sources : []) {
    if (found !== undefined) break;
    if (source === 'protocol') {
      sniffed = await look('name');
      found = fromProtocol(sniffed);
      if (sniffed !== undefined && sniffed.why !== '') reasons.push(sniffed.why);
      if (found !== undefined) sayWhereDnsDiffers(found.host, await remembered(), life);
    } else if (source === 'map') {
      const host = target === undefined ? undefined : service.names.map?.find(target.host, target.port);
      found = host === undefined ? undefined : { host, source, detail: '' };
    } else if (source === 'hosts') {
      const { hostsFile } = config.names;
      const [name, ...others] = target === undefined ? [] : namesInHosts(hostsFile, target.host);
      if (name !== undefined && others.length === 0) found = { host: { kind: 'dns', name }, source, detail: '' };
      else if (name !== undefined) reasons.push(`by ${hostsFile} it may be ${[name, ...others].join(' or ')}`);
    } else {
      const known = await remembered();
      found = fromDns(known, config);
      if (found === undefined && known.kind === 'several') reasons.push(`by DNS it may be ${known.names.join(' or ')}`);
    }
  }
  sniffed ??= await look('rest');
  return { found, sniffed, why: reasons.length === 0 ? 'no source knows it' : reasons.join('; ') };
}

function givenName({ names: { given } }: ServiceConfig): Found | undefined {
  return given === undefined ? undefined : { host: { kind: 'dns', name: given }, source: 'config', detail: '' };
}

function fromProtocol(sniffed: Sniffed | undefined): Found | undefined {
  if (sniffed?.host === undefined) return undefined;
  return { host: sniffed.host, source: 'protocol', detail: sniffed.protocol ?? '' };
}

function fromDns(remembered: RememberedName, { names }: ServiceConfig): Found | undefined {
  if (remembered.kind === 'one') return { host: { kind: 'dns', name: remembered.name }, source: 'dns', detail: '' };
  const newest = remembered.kind === 'several' && names.dnsAmbiguous === 'last' ? remembered.names.at(-1) : undefined;
  return newest === undefined ? undefined : { host: { kind: 'dns', name: newest }, source: 'dns', detail: 'the last of several' };
}

/** A name the client never looked up for this address is verified all the same, and worth a line. */
function sayWhereDnsDiffers(host: Host, remembered: RememberedName, life: Life): void {
  const asked = remembered.kind === 'one' ? [remembered.name] : remembered.kind === 'several' ? remembered.names : [];
  if (host.kind !== 'dns' || asked.length === 0 || asked.includes(host.name)) return;
  life.emit({ kind: 'server-name-differs', name: host.name, lookedUp: asked });
}

function tcpOf({ addresses }: Destination): TcpTarget | undefined {
  const [first] = addresses;
  return first?.kind === 'tcp' ? first : undefined;
}
