/**
 * Where does the client want to go? To `connect`, or, where netfilter handed us the connection, to the address it had dialled. A
 * connection that was addressed to Overcoat itself is refused here: forwarding it would connect to ourselves for ever.
 */

import type { DialAddress } from '../../address/dial-address.ts';
import { endpointText } from '../../address/endpoint.ts';
import { isIpv6 } from '../../address/ip.ts';
import { OvercoatError } from '../../errors.ts';
import { isLocalAddress } from '../../linux/network/local-addresses.ts';
import { originalDestination } from '../../linux/sockets/original-destination.ts';
import type { Target } from '../../protocols/conversation.ts';
import type { Life } from '../life/life.ts';
import type { Accepted, Destination, Hops, Service } from '../record.ts';
import { MAX_HOPS } from './dialled-sockets.ts';
import { nameServers } from './name-lookup.ts';
import type { OwnPorts } from './own-ports.ts';
import { upstreamIsProgram } from './program-leg.ts';

/**
 * Begins the stage `name`, to which the look-up of the targets belongs.
 * @throws OvercoatError `destination_loop`, `destination_unknown`, `upstream_unresolved`
 */
export async function findDestination(accepted: Accepted, service: Service, ownPorts: OwnPorts, life: Life): Promise<Destination> {
  life.enter('name');
  if (upstreamIsProgram(service.config)) return { addresses: [] };
  if (service.config.transparent.destination && service.config.connect.length === 0) {
    const destination = interceptedDestination(accepted, ownPorts, life);
    refuseLoops(accepted, destination, ownPorts, life);
    return { addresses: [destination], loops: { sockets: ownPorts.dialled, hops: 1 } };
  }
  const names: { readonly host: string; readonly text: string }[] = [];
  const { addresses, entry } = await service.targets.candidates((host, text) => {
    life.emit({ kind: 'resolve-failed', host, text });
    names.push({ host, text });
  });
  if (addresses.length === 0)
    throw new OvercoatError('upstream_unresolved', 'No remote host resolved', undefined, {
      kind: 'unresolved',
      names,
      servers: nameServers(),
    });
  const entries = addresses.length === 1 ? {} : { entry };
  const own = addresses.some((address) => address.kind === 'tcp' && ownPorts.has(address.port));
  const again = async (): Promise<readonly DialAddress[]> => (await service.targets.candidates(() => undefined)).addresses;
  return { addresses, again, ...entries, ...(own ? { loops: hopsOnward(accepted, ownPorts) } : {}) };
}

/** A target has a port of ours, so the connection may come back to us: counts how often it has. @throws `destination_loop` */
function hopsOnward({ leg }: Accepted, { dialled }: OwnPorts): Hops {
  const { address: localAddress = '', port: localPort = 0 } = leg.remote ?? {};
  const { address: remoteAddress = '', port: remotePort = 0 } = leg.local ?? {};
  const hops = dialled.hopsOf({ localAddress, localPort, remoteAddress, remotePort });
  if (hops < MAX_HOPS) return { sockets: dialled, hops: hops + 1 };
  const text = `the connection has come back to Overcoat ${hops} times; change \`connect\` of the services that lead to each other`;
  throw loop(text);
}

/** What a SOCKS or CONNECT client asked for: the addresses that were judged, and no others. */
export function targetDestination({ addresses, port }: Target): Destination {
  return { addresses: addresses.map((address) => tcp(address, port)) };
}

/**
 * SO_ORIGINAL_DST where netfilter rewrote the destination (REDIRECT, DNAT); else the local address of the socket, which is the
 * destination where TPROXY delivered the packets unchanged, and then is none of this machine's.
 */
export function interceptedDestination(accepted: Accepted, ownPorts: OwnPorts, life: Life): DialAddress & { readonly kind: 'tcp' } {
  const { leg } = accepted;
  const local = leg.local ?? { address: '', port: 0 };
  const original = originalDestination(leg.descriptor, { remoteAddress: leg.remote?.address, remotePort: leg.remote?.port });
  if ('address' in original && (original.address !== local.address || original.port !== local.port)) {
    if (ownPorts.has(original.port) && isLocalAddress(original.address)) throw ownTarget(original.address, original.port);
    life.emit({ kind: 'original-destination', address: endpointText(original), by: 'netfilter' });
    return tcp(original.address, original.port);
  }
  if (local.address === '') throw new OvercoatError('destination_unknown', 'getsockname: the connection is already gone');
  if (isLocalAddress(local.address)) throw ownTarget(local.address, local.port);
  life.emit({ kind: 'original-destination', address: endpointText(local), by: 'tproxy' });
  return tcp(local.address, local.port);
}

/** Refuses loops that the destination alone does not show (dialled-sockets.ts, unanswered-connections.ts). */
function refuseLoops({ leg }: Accepted, { host, port }: DialAddress & { readonly kind: 'tcp' }, own: OwnPorts, life: Life): void {
  const { address: localAddress = '', port: localPort = 0 } = leg.remote ?? {};
  const client = { localAddress, localPort, remoteAddress: host, remotePort: port };
  if (own.dialled.isOwn(client)) {
    const text = `the client is a connection Overcoat itself made to ${host}:${port}; exempt Overcoat's own connections from the interception`;
    throw loop(text);
  }
  const pending = { answered: () => life.upstreamAnswered, stop: () => life.end({ kind: 'client-reset' }) };
  const admission = own.unanswered.admit(host, port, pending);
  if (admission.kind === 'admitted') {
    life.onEnd(admission.leave);
    return;
  }
  if (!admission.first) life.end({ kind: 'client-reset' }); // logged once a minute and destination, not for each connection
  const text = `connections to ${host}:${port} pile up and it never answers, so they come back to this machine by way of others`;
  throw loop(text);
}

function tcp(host: string, port: number): DialAddress & { readonly kind: 'tcp' } {
  return { kind: 'tcp', host, port, family: isIpv6(host) ? 6 : 4 };
}

function ownTarget(host: string, port: number): OvercoatError {
  return loop(`the connection was addressed to ${host}:${port}, which is this service itself, and not intercepted on its way elsewhere`);
}

function loop(text: string): OvercoatError {
  return new OvercoatError('destination_loop', `Refused as a loop: ${text}`);
}
