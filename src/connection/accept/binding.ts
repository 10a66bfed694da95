/**
 * The addresses of one `accept` line as bound sockets. Bound means the port is ours and nobody can connect yet: a start binds
 * everything first, so that it fails as a whole or not at all.
 */

import { lstatSync, readFileSync, unlinkSync } from 'node:fs';
import { splitHostPort } from '../../address/authority.ts';
import type { DialAddress } from '../../address/dial-address.ts';
import { addressText } from '../../address/dial-address.ts';
import type { Endpoint } from '../../address/endpoint.ts';
import { endpointText } from '../../address/endpoint.ts';
import { isIpv6 } from '../../address/ip.ts';
import type { Address, ServiceConfig } from '../../config/config.ts';
import { setTransparent } from '../../linux/sockets/transparent.ts';
import { bindCause, giveSocketFile } from '../../linux/sockets/unix-socket.ts';
import type { Observe } from '../../observe/events.ts';
import type { BoundSocket } from '../../sockets/bound-socket.ts';
import { bindTcp, bindUnix, takeOver } from '../../sockets/bound-socket.ts';
import type { PassedSocket } from '../../sockets/passed-socket.ts';
import type { AddressFinder } from '../dial/name-lookup.ts';
import { resolveAddress } from '../dial/targets.ts';
import type { BindFailure } from './bind-failure.ts';
import { bindFailure, takenBy } from './bind-failure.ts';
import type { BoundAddresses } from './bound-addresses.ts';

/** A bound socket that does not listen yet. `text` is its real address, with the port the kernel chose for port 0. */
export interface Binding {
  readonly bound: BoundSocket;
  /** Bound before this process began. */
  readonly inherited: boolean;
  readonly text: string;
  /** 0 for a Unix socket. */
  readonly port: number;
  readonly path: string | undefined;
  /** Gives the address back to the others of this process; the socket is closed by whoever has it by then. */
  readonly release: () => void;
}

/** What is bound in place of "all addresses": one IPv6 socket takes IPv4 too; the second is for machines without IPv6. */
const ALL_ADDRESSES = ['::', '0.0.0.0'] as const;

/** What `*` stands for, as the resolver of the C library and so stunnel understands it. */
const ANY_HOST = '*';

export interface LineContext {
  readonly observe: Observe;
  readonly bound: BoundAddresses;
  /** Looks names up; by default this process. */
  readonly finder?: AddressFinder | undefined;
  /** Told about every address that cannot be had. */
  readonly failed: (failure: BindFailure) => void;
}

/**
 * Binds every address of one `accept` line. Failures are told; those that worked are returned.
 * @param inherited a socket that was bound before this process began (systemd): it stands for the line, whatever that says
 */
export async function bindAddress(
  address: Address,
  config: ServiceConfig,
  context: LineContext,
  inherited?: number,
): Promise<readonly Binding[]> {
  if (inherited !== undefined) return [transparent(inherit(inherited, config, context), config, context)];
  if (address.kind === 'tcp' && address.host === '') return bindFirst(ALL_ADDRESSES.map(tcpAt(address.port)), config, context);
  if (address.kind === 'tcp' && address.host === ANY_HOST) return bindEach([tcpAt(address.port)('0.0.0.0')], config, context);
  const failed = (host: string, text: string): void =>
    context.failed(bindFailure(`${host}:${address.kind === 'tcp' ? address.port : ''}`, new Error(text)));
  const candidates = await resolveAddress(address, failed, context.finder);
  return bindEach(candidates, config, context);
}

function bindEach(candidates: readonly DialAddress[], config: ServiceConfig, context: LineContext): readonly Binding[] {
  return candidates.flatMap((candidate) => bindFirst([candidate], config, context));
}

/** Binds one of the addresses: the next only where this machine does not have the protocol of the one before. */
function bindFirst(candidates: readonly DialAddress[], config: ServiceConfig, context: LineContext): readonly Binding[] {
  for (const [index, candidate] of candidates.entries()) {
    try {
      const holder = context.bound.holderOf(candidate, config);
      if (holder === undefined) return [transparent(bindOne(candidate, config, context), config, context)];
      context.failed(takenBy(holder, addressText(candidate)));
    } catch (cause) {
      const unsupported = ['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'].includes((cause as NodeJS.ErrnoException).code ?? '');
      if (unsupported && index + 1 < candidates.length) continue;
      context.failed(bindFailure(addressText(candidate), cause));
    }
    break;
  }
  return [];
}

function tcpAt(port: number): (host: string) => DialAddress {
  return (host) => ({ kind: 'tcp', host, port, family: isIpv6(host) ? 6 : 4 });
}

function bindOne(address: DialAddress, config: ServiceConfig, { observe, bound: taken }: LineContext): Binding {
  if (address.kind === 'unix') {
    const { path } = address;
    return { bound: bindPath(path, config), inherited: false, text: path, port: 0, path, release: taken.add(address, config) };
  }
  const { host } = address;
  const about = { id: 'ui', service: config };
  const bound = bindTcp({ address: host, port: address.port }, config.sockets.accept, (outcome) => observe(outcome, about));
  const { port } = bound.address() as Endpoint;
  return { bound, inherited: false, text: `${host}:${port}`, port, path: undefined, release: taken.add({ ...address, port }, config) };
}

function bindPath(path: string, { socketOwner: { uid, gid } }: ServiceConfig): BoundSocket {
  const bound = bindFreed(path);
  try {
    if (uid !== undefined || gid !== undefined) giveSocketFile(path, uid, gid);
  } catch (cause) {
    bound.close();
    unlinkSync(path);
    throw cause;
  }
  return bound;
}

/** The path of an inherited Unix socket is not ours to remove. */
function inherit(fd: number, config: ServiceConfig, { bound: taken }: LineContext): Binding {
  const bound = takeOver(fd);
  const address = bound.address();
  if (typeof address === 'string') {
    const release = taken.add({ kind: 'unix', path: address }, config);
    return { bound, inherited: true, text: address, port: 0, path: undefined, release };
  }
  const release = taken.add(tcpAt(address.port)(address.address), config);
  return { bound, inherited: true, text: endpointText(address), port: address.port, path: undefined, release };
}

/** Sockets of one address that served the process before. @returns one binding for each, of which the first gives the address back */
export function adopt({ text, port, path, descriptors }: PassedSocket, config: ServiceConfig, taken: BoundAddresses): readonly Binding[] {
  const release = taken.add(path === undefined && port > 0 ? tcpAt(port)(splitHostPort(text).host) : { kind: 'unix', path: text }, config);
  return descriptors.map((fd) => ({ bound: takeOver(fd), inherited: true, text, port, path, release }));
}

/** A socket file left behind by a process that is gone is in the way and nobody's; one that answers, or is no socket, is not touched. */
function bindFreed(path: string): BoundSocket {
  try {
    return bindUnix(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE' || isServed(path)) throw bindCause(path, cause);
    unlinkSync(path);
    return bindUnix(path);
  }
}

/** The kernel's list of listening Unix sockets (proc(5), /proc/net/unix); without it the file is left alone. */
function isServed(path: string): boolean {
  try {
    if (!lstatSync(path).isSocket()) return true;
    return readFileSync('/proc/net/unix', 'latin1')
      .split('\n')
      .some((line) => line.endsWith(` ${path}`));
  } catch {
    return true;
  }
}

/** TPROXY delivers only to listeners with IP_TRANSPARENT; without the privilege REDIRECT and DNAT still work. */
function transparent(binding: Binding, config: ServiceConfig, { observe }: LineContext): Binding {
  if (!config.transparent.destination || binding.path !== undefined) return binding;
  if (!setTransparent(binding.bound.fd(), isIpv6(splitHostPort(binding.text).host) ? 6 : 4)) {
    observe({ kind: 'listening-without-tproxy' }, { id: 'ui', service: config });
  }
  return binding;
}
