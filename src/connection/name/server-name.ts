/**
 * What is the destination called? The name is sent as SNI and verified; it never decides where the connection goes. With `sni = auto`
 * it is learnt for each connection (name-sources.ts), and where it stays unknown `nameMissing` says what happens.
 */

import type { DialAddress } from '../../address/dial-address.ts';
import type { Host } from '../../address/host-name.ts';
import type { ServiceConfig } from '../../config/config.ts';
import { OvercoatError } from '../../errors.ts';
import { pinDestination } from '../../names/pins/pin-store.ts';
import type { NameResources } from '../../names/resources.ts';
import type { Sniffed } from '../../names/sniffer.ts';
import type { NameSource } from '../../observe/events.ts';
import type { Life } from '../life/life.ts';
import type { Accepted, Destination, Learnt, Service } from '../record.ts';
import { firstUseVerifier } from './first-use.ts';
import type { Found } from './name-sources.ts';
import { findName } from './name-sources.ts';
import { rewrittenOpening } from './opening.ts';

/**
 * Client mode.
 * @returns everything the next steps have to know of the client, whose bytes are back in its leg
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
  const { found, sniffed, why } = await findName(accepted, destination, service, life, resources.memory);
  const auto = config.serverName.kind === 'auto';
  if (auto && sniffed?.protocol === 'tls' && config.alreadyTls !== 'wrap') return passOn(accepted, destination, service, life, sniffed);
  const mapped = config.portMap.length === 0 ? destination : withMappedPorts(destination, config);
  const { addresses } = mapped;
  const { name: serverName, source, detail } = nameFrom(found, why, addresses, config);
  if (auto) life.emit({ kind: 'server-name', name: serverName ?? '', source, detail });
  const judged = auto && serverName === undefined ? withoutName(service, addresses, why, life, resources) : service;
  const opening = rewrittenOpening(sniffed, service, life);
  accepted.leg.giveBack(opening.bytes);
  const named = { ...mapped, serverName, source };
  return { named, service: auto ? withAlpn(judged, sniffed) : service, exchange: opening.exchange, passOn: false };
}

interface SourcedName {
  readonly name: string | undefined;
  readonly source: NameSource;
  readonly detail: string;
}

/** The name that was given or found; with `nameMissing = address` that of a nameless destination is its address. */
function nameFrom(found: Found | undefined, why: string, addresses: readonly DialAddress[], config: ServiceConfig): SourcedName {
  if (config.serverName.kind === 'fixed') return { name: config.serverName.name, source: 'config', detail: '' };
  if (found !== undefined) return { name: nameOf(found.host), source: found.source, detail: found.detail };
  const [first] = addresses;
  const byAddress = config.serverName.kind === 'auto' && config.names.missing === 'address' && first?.kind === 'tcp';
  return byAddress ? { name: first.host, source: 'address', detail: why } : { name: undefined, source: 'none', detail: why };
}

/** `alreadyTls`: never wrapped twice. It goes where the client dialled, port included, and what it verifies is its own affair. */
function passOn(accepted: Accepted, destination: Destination, service: Service, life: Life, sniffed: Sniffed): Learnt {
  if (service.config.alreadyTls === 'refuse') {
    throw new OvercoatError('client_speaks_tls', 'The client speaks TLS itself, which this service refuses (alreadyTls)');
  }
  const serverName = nameOf(sniffed.host);
  life.emit({ kind: 'passed-on', name: serverName ?? '' });
  accepted.leg.giveBack(sniffed.bytes);
  return { named: { ...destination, serverName, source: 'none' }, service, exchange: undefined, passOn: true };
}

/** `nameMissing`, unless something else says who the peer has to be. */
function withoutName(service: Service, addresses: readonly DialAddress[], why: string, life: Life, resources: NameResources): Service {
  const { config, tls } = service;
  if (!config.verify.serverName && isVerifiedOtherwise(config)) return service;
  switch (config.names.missing) {
    case 'refuse':
    case 'address': // a Unix socket has none
      throw new OvercoatError('server_name_missing', `No server name is known, so the certificate cannot be verified: ${why}`);
    case 'pin': {
      const [address] = addresses;
      const where = address?.kind === 'tcp' ? pinDestination(address.host, address.port) : (address?.path ?? '');
      return { ...service, tls: { ...tls, verifier: firstUseVerifier(config, where, resources.pinStore(config.names.pinStore)) } };
    }
    case 'send':
      life.emit({ kind: 'server-name-unverified', why });
      return { ...service, tls: { ...tls, verifier: tls.nameless } };
  }
}

/** A pin, a local certificate or check* options hold whatever the peer is called. */
function isVerifiedOtherwise({ verify }: ServiceConfig): boolean {
  return verify.peer || verify.pins.length + verify.checkHost.length + verify.checkIp.length + verify.checkEmail.length > 0;
}

/** The client's own protocol, where the service names none. */
function withAlpn(service: Service, sniffed: Sniffed | undefined): Service {
  const { config, tls } = service;
  const offered = sniffed === undefined || sniffed.protocol === 'tls' ? [] : sniffed.alpn;
  if (config.tls.alpn.length > 0 || offered.length === 0) return service;
  return { ...service, tls: { ...tls, alpn: offered } };
}

function nameOf(host: Host | undefined): string | undefined {
  return host?.kind === 'dns' ? host.name : host?.address;
}

function withMappedPorts(destination: Destination, config: ServiceConfig): Destination {
  const { addresses, again } = destination;
  const map = (these: readonly DialAddress[]): readonly DialAddress[] => these.map((address) => withMappedPort(address, config));
  return { ...destination, ...(again && { again: async () => map(await again()) }), addresses: map(addresses) };
}

/** `portMap`: the address stays the one the client dialled, only the port changes. The first line that matches counts. */
function withMappedPort(address: DialAddress, { portMap }: ServiceConfig): DialAddress {
  if (address.kind === 'unix') return address;
  const found = portMap.find(({ from }) => from === address.port);
  return found === undefined ? address : { ...address, port: found.to };
}
