/**
 * Where does the client want to go? To `connect`, or, where netfilter handed us the connection, to the address it had dialled. A
 * connection that was addressed to Overcoat itself is refused here: forwarding it would connect to ourselves for ever.
 */
import { isIPv6 } from 'node:net';
import { OvercoatError } from '../errors.ts';
import { descriptorOf } from '../linux/descriptor.ts';
import { isLocalAddress } from '../linux/local-addresses.ts';
import { originalDestination } from '../linux/original-destination.ts';
import { unmapped } from '../linux/socket-address.ts';
import type { Target } from '../protocols/conversation.ts';
import type { DialAddress } from './address-text.ts';
import type { Life } from './life.ts';
import { MAX_HOPS } from './loop-guard.ts';
import type { OwnPorts } from './own-ports.ts';
import { upstreamIsProgram } from './program-leg.ts';
import type { Accepted, Destination, Service } from './record.ts';

/**
 * @throws OvercoatError `destination_loop`, `destination_unknown`, `upstream_unresolved`
 */
export async function findDestination(accepted: Accepted, service: Service, ownPorts: OwnPorts, life: Life): Promise<Destination> {
  if (upstreamIsProgram(service.config)) return { addresses: [] };
  if (service.config.transparent.destination && service.config.connect.length === 0) {
    const destination = interceptedDestination(accepted, ownPorts, life);
    refuseLoops(accepted, destination, ownPorts, life);
    return { addresses: [destination] };
  }
  const addresses = await service.targets.candidates((host, text) => life.emit({ kind: 'resolve-failed', host, text }));
  if (addresses.length === 0) throw new OvercoatError('upstream_unresolved', 'No remote host resolved');
  if (addresses.some((address) => address.kind === 'tcp' && ownPorts.has(address.port))) refuseRing(accepted, ownPorts, life);
  return { addresses };
}

/** One of the ports is ours, so it may be ourselves that we are about to connect to: not for ever. */
function refuseRing({ socket }: Accepted, { loops }: OwnPorts, life: Life): void {
  const { remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0 } = socket;
  const hops = loops.hopsOf({ localAddress: remoteAddress, localPort: remotePort, remoteAddress: localAddress, remotePort: localPort });
  life.loops = loops;
  life.hops = hops + 1;
  if (hops < MAX_HOPS) return;
  const text = `the connection has come back to Overcoat ${hops} times; change \`connect\` of the services that lead to each other`;
  throw new OvercoatError('destination_loop', `Refused as a loop: ${text}`);
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
  const { socket } = accepted;
  const local = { address: unmapped(socket.localAddress ?? ''), port: socket.localPort ?? 0 };
  const original = originalDestination(descriptorOf(socket), socket);
  if ('address' in original && (original.address !== local.address || original.port !== local.port)) {
    if (ownPorts.has(original.port) && isLocalAddress(original.address)) throw loop(original.address, original.port);
    life.emit({ kind: 'original-destination', address: `${original.address}:${original.port}`, by: 'netfilter' });
    return tcp(original.address, original.port);
  }
  if (local.address === '') throw new OvercoatError('destination_unknown', 'getsockname: the connection is already gone');
  if (isLocalAddress(local.address)) throw loop(local.address, local.port);
  life.emit({ kind: 'original-destination', address: `${local.address}:${local.port}`, by: 'tproxy' });
  return tcp(local.address, local.port);
}

/** Loops that the destination alone does not show (loop-guard.ts). */
function refuseLoops({ socket }: Accepted, { host, port }: DialAddress & { readonly kind: 'tcp' }, { loops }: OwnPorts, life: Life): void {
  const client = { localAddress: socket.remoteAddress ?? '', localPort: socket.remotePort ?? 0, remoteAddress: host, remotePort: port };
  if (loops.isOwn(client)) {
    const text = `the client is a connection Overcoat itself made to ${host}:${port}; exempt Overcoat's own connections from the interception`;
    throw new OvercoatError('destination_loop', `Refused as a loop: ${text}`);
  }
  const passenger = { answered: () => life.secured || life.counters.toPlain > 0, stop: () => life.end({ kind: 'client-reset' }) };
  life.loops = loops;
  const admission = loops.admit(host, port, passenger);
  if (admission.kind === 'admitted') {
    life.onEnd(admission.leave);
    return;
  }
  if (!admission.first) life.end({ kind: 'client-reset' }); // said once, not for each
  const text = `connections to ${host}:${port} pile up and it never answers, so they come back to this machine by way of others`;
  throw new OvercoatError('destination_loop', `Refused as a loop: ${text}`);
}

function tcp(host: string, port: number): DialAddress & { readonly kind: 'tcp' } {
  return { kind: 'tcp', host, port, family: isIPv6(host) ? 6 : 4 };
}

function loop(host: string, port: number): OvercoatError {
  return new OvercoatError(
    'destination_loop',
    `Refused as a loop: the connection was addressed to ${host}:${port}, which is this service itself, and not intercepted on its way elsewhere`,
  );
}
