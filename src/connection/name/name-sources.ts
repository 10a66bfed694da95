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

/** What one source says. */
interface Answer {
  readonly found: Found | undefined;
  /** For the log: what it knows where it gives no name, or ''. */
  readonly why: string;
}

type Source = ServiceConfig['names']['sources'][number];
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
  let sniffed: Sniffed | undefined;
  const ask: Readonly<Record<Source, () => Answer | Promise<Answer>>> = {
    protocol: async () => {
      sniffed = await look('name');
      const found = fromProtocol(sniffed);
      if (found !== undefined) sayWhereDnsDiffers(found.host, await remembered(), life);
      return { found, why: sniffed?.why ?? '' };
    },
    map: () => fromMap(service, target),
    dns: async () => fromDns(await remembered(), config),
    hosts: () => fromHosts(config, target),
  };
  const reasons: string[] = [];
  let found = givenName(config);
  for (const source of config.serverName.kind === 'auto' ? config.names.sources : []) {
    if (found !== undefined) break;
    const answer = await ask[source]();
    found = answer.found;
    if (answer.why !== '') reasons.push(answer.why);
  }
  sniffed ??= await look('rest');
  return { found, sniffed, why: reasons.length === 0 ? 'no source knows it' : reasons.join('; ') };
}

function givenName({ names: { given } }: ServiceConfig): Found | undefined {
  return given === undefined ? undefined : named(given, 'config', '');
}

function fromProtocol(sniffed: Sniffed | undefined): Found | undefined {
  if (sniffed?.host === undefined) return undefined;
  return { host: sniffed.host, source: 'protocol', detail: sniffed.protocol ?? '' };
}

function fromMap({ names }: Service, target: TcpTarget | undefined): Answer {
  const host = target === undefined ? undefined : names.map?.find(target.host, target.port);
  return { found: host === undefined ? undefined : { host, source: 'map', detail: '' }, why: '' };
}

function fromDns(remembered: RememberedName, { names }: ServiceConfig): Answer {
  if (remembered.kind === 'none') return { found: undefined, why: '' };
  if (remembered.kind === 'one') return { found: named(remembered.name, 'dns', ''), why: '' };
  const newest = names.dnsAmbiguous === 'last' ? remembered.names.at(-1) : undefined;
  if (newest !== undefined) return { found: named(newest, 'dns', 'the last of several'), why: '' };
  return { found: undefined, why: `by DNS it may be ${remembered.names.join(' or ')}` };
}

function fromHosts({ names: { hostsFile } }: ServiceConfig, target: TcpTarget | undefined): Answer {
  const [name, ...others] = target === undefined ? [] : namesInHosts(hostsFile, target.host);
  if (name === undefined) return { found: undefined, why: '' };
  if (others.length === 0) return { found: named(name, 'hosts', ''), why: '' };
  return { found: undefined, why: `by ${hostsFile} it may be ${[name, ...others].join(' or ')}` };
}

function named(name: string, source: NameSource, detail: string): Found {
  return { host: { kind: 'dns', name }, source, detail };
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
