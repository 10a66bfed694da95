/**
 * What is the destination called? The name is sent as SNI and verified; it never decides where the connection goes. With `sni = auto`
 * it is learnt from the sources the service names, in their order, and the first that answers wins.
 */
import { isIP } from 'node:net';
import type { ServiceConfig } from '../config/config.ts';
import { OvercoatError } from '../errors.ts';
import type { Host } from '../names/host-name.ts';
import { pinDestination } from '../names/pins/pin-store.ts';
import type { NameResources } from '../names/resources.ts';
import { planSniff } from '../names/sniff-plan.ts';
import type { Sniffed } from '../names/sniffer.ts';
import type { NameSource } from '../observe/events.ts';
import { clientEnds } from './endpoints.ts';
import { giveBack, sniffClient } from './first-bytes.ts';
import { firstUseVerifier } from './first-use.ts';
import type { Life } from './life.ts';
import { mapPort } from './port-map.ts';
import type { Accepted, Destination, DialAddress, Learnt, Service } from './record.ts';
import { rewrittenOpening } from './rewritten-opening.ts';
import { recogniseTls } from './tls-recogniser.ts';

/** What one source knows. */
interface Found {
  readonly host: Host;
  readonly source: NameSource;
  /** For the log: the protocol that said it, or ''. */
  readonly detail: string;
}

/** What all sources together know. `why` says in the log why there is no name. */
interface Findings {
  readonly found: Found | undefined;
  readonly sniffed: Sniffed | undefined;
  readonly why: string;
}

/**
 * Client mode.
 * @returns everything the next steps have to know of the client, whose bytes are back in its socket
 * @throws OvercoatError `server_name_missing` where the name is needed and none is known, `client_speaks_tls`, `setup_timeout`
 */
export async function learnServerName(
  accepted: Accepted,
  destination: Destination,
  service: Service,
  life: Life,
  resources: NameResources,
): Promise<Learnt> {
  const { config } = service;
  const findings = await findName(accepted, destination, service, life, resources);
  const { found, sniffed } = findings;
  if (sniffed?.protocol === 'tls' && config.serverName.kind === 'auto' && config.alreadyTls !== 'wrap') {
    return passOn(accepted, destination, service, life, sniffed);
  }
  const addresses = destination.addresses.map((address) => mapPort(address, config));
  const serverName = config.serverName.kind === 'fixed' ? config.serverName.name : nameOf(found?.host);
  const source = config.serverName.kind === 'fixed' ? 'config' : (found?.source ?? 'none');
  const named = { addresses, serverName, source };
  if (config.serverName.kind === 'auto')
    life.emit({ kind: 'server-name', name: serverName ?? '', source, detail: found?.detail ?? findings.why });
  const judged = serverName === undefined ? withoutName(service, addresses, findings.why, life, resources) : service;
  life.emit(serverName !== undefined && isIP(serverName) === 0 ? { kind: 'sni-sent', name: serverName } : { kind: 'sni-disabled' });
  const opening = rewrittenOpening(sniffed, service, life);
  const early = giveBack(accepted.socket, opening.bytes);
  return { named, service: withAlpn(judged, sniffed), exchange: opening.exchange, early, passOn: false };
}

async function findName(
  accepted: Accepted,
  destination: Destination,
  service: Service,
  life: Life,
  { memory }: NameResources,
): Promise<Findings> {
  const { config } = service;
  const target = tcpOf(destination);
  const reasons: string[] = [];
  let found: Found | undefined;
  let sniffed: Sniffed | undefined;
  const look = async (wanted: 'name' | 'rest'): Promise<Sniffed | undefined> => {
    const plan = planSniff(config, target?.port, wanted, recogniseTls);
    return plan === undefined ? undefined : sniffClient(accepted.socket, plan, life);
  };
  for (const source of config.serverName.kind === 'auto' ? config.names.sources : []) {
    if (source === 'protocol') {
      sniffed = await look('name');
      found = fromProtocol(sniffed);
      if (sniffed !== undefined && sniffed.why !== '') reasons.push(sniffed.why);
    } else if (source === 'map') {
      const host = target === undefined ? undefined : service.names.map?.find(target.host, target.port);
      found = host === undefined ? undefined : { host, source, detail: '' };
    } else if (target !== undefined) {
      const client = clientEnds(accepted).source?.address ?? '';
      const remembered = (await memory?.nameFor(client, target.host)) ?? { kind: 'none' };
      found = fromDns(remembered, config);
      if (found === undefined && remembered.kind === 'several') reasons.push(`by DNS it may be ${remembered.names.join(' or ')}`);
    }
    if (found !== undefined) break;
  }
  sniffed ??= await look('rest');
  return { found, sniffed, why: reasons.length === 0 ? 'no source knows it' : reasons.join('; ') };
}

function fromProtocol(sniffed: Sniffed | undefined): Found | undefined {
  if (sniffed?.host === undefined) return undefined;
  return { host: sniffed.host, source: 'protocol', detail: sniffed.protocol ?? '' };
}

function fromDns(
  remembered: Awaited<ReturnType<NonNullable<NameResources['memory']>['nameFor']>>,
  { names }: ServiceConfig,
): Found | undefined {
  if (remembered.kind === 'one') return { host: { kind: 'dns', name: remembered.name }, source: 'dns', detail: '' };
  const newest = remembered.kind === 'several' && names.dnsAmbiguous === 'last' ? remembered.names.at(-1) : undefined;
  return newest === undefined ? undefined : { host: { kind: 'dns', name: newest }, source: 'dns', detail: 'the last of several' };
}

/** `alreadyTls`: never wrapped twice. It goes where the client dialled, port included, and what it verifies is its own affair. */
function passOn(accepted: Accepted, { addresses }: Destination, service: Service, life: Life, sniffed: Sniffed): Learnt {
  if (service.config.alreadyTls === 'refuse') {
    throw new OvercoatError('client_speaks_tls', 'The client speaks TLS itself, which this service refuses (alreadyTls)');
  }
  const serverName = nameOf(sniffed.host);
  life.emit({ kind: 'passed-on', name: serverName ?? '' });
  const early = giveBack(accepted.socket, sniffed.bytes);
  return { named: { addresses, serverName, source: 'none' }, service, exchange: undefined, early, passOn: true };
}

/** `nameMissing`, where the name is what the peer would be verified by, or nothing else is. */
function withoutName(service: Service, addresses: readonly DialAddress[], why: string, life: Life, resources: NameResources): Service {
  const { config, tls } = service;
  if (config.serverName.kind !== 'auto' || (!config.verify.serverName && isVerifiedOtherwise(config))) return service;
  switch (config.names.missing) {
    case 'refuse':
      throw new OvercoatError('server_name_missing', `No server name is known, so the certificate cannot be verified: ${why}`);
    case 'pin': {
      const [address] = addresses;
      const where = address?.kind === 'tcp' ? pinDestination(address.host, address.port) : (address?.path ?? '');
      return { ...service, tls: { ...tls, verifier: firstUseVerifier(config, where, resources.pinStore(config.names.pinStore)) } };
    }
    case 'send':
      life.emit({ kind: 'note', level: 4, text: `No server name is known, so none is verified: ${why}` });
      return { ...service, tls: { ...tls, verifier: tls.nameless } };
  }
}

/** A pin, a local certificate or check* options say who the peer must be, whatever it is called. */
function isVerifiedOtherwise({ verify }: ServiceConfig): boolean {
  return verify.peer || verify.pins.length + verify.checkHost.length + verify.checkIp.length + verify.checkEmail.length > 0;
}

/** The client's own protocol, where the service names none. */
function withAlpn(service: Service, sniffed: Sniffed | undefined): Service {
  const { config, tls } = service;
  const offered = sniffed === undefined || sniffed.protocol === 'tls' ? [] : sniffed.alpn;
  if (config.serverName.kind !== 'auto' || config.tls.alpn.length > 0 || offered.length === 0) return service;
  return { ...service, tls: { ...tls, connectOptions: { ...tls.connectOptions, ALPNProtocols: [...offered] } } };
}

function nameOf(host: Host | undefined): string | undefined {
  return host?.kind === 'dns' ? host.name : host?.address;
}

function tcpOf({ addresses }: Destination): (DialAddress & { readonly kind: 'tcp' }) | undefined {
  const [first] = addresses;
  return first?.kind === 'tcp' ? first : undefined;
}
