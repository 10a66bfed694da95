/**
 * The addresses of one `accept` line as bound sockets. Bound means the port is ours and nobody can connect yet: a start binds
 * everything first, so that it fails as a whole or not at all.
 */

import { chownSync, existsSync, lstatSync, readFileSync, unlinkSync } from 'node:fs';
import net, { isIPv6 } from 'node:net';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import { splitHostPort } from '../../address/authority.ts';
import type { DialAddress } from '../../address/dial-address.ts';
import { addressText } from '../../address/dial-address.ts';
import type { Endpoint } from '../../address/endpoint.ts';
import { endpointText } from '../../address/endpoint.ts';
import type { Address, ServiceConfig } from '../../config/config.ts';
import { setTransparent } from '../../linux/sockets/transparent.ts';
import type { Observe } from '../../observe/events.ts';
import { resolveAddress } from '../dial/targets.ts';
import type { BindFailure } from './bind-failure.ts';
import { bindFailure, takenBy } from './bind-failure.ts';
import type { BoundAddresses } from './bound-addresses.ts';
import { bindWithSettings, MadeListener } from './made-listener.ts';

/** A bound socket that does not listen yet. `text` is its real address, with the port the kernel chose for port 0. */
export interface Binding {
  readonly bound: net.BoundSocket | MadeListener;
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

/** chown(2): leave it. */
const UNCHANGED = -1;

export interface LineContext {
  readonly observe: Observe;
  readonly bound: BoundAddresses;
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
  if (inherited !== undefined) return [transparent(takeOver(inherited, config, context), config, context)];
  if (address.kind === 'tcp' && address.host === '') return bindFirst(ALL_ADDRESSES.map(tcpAt(address.port)), config, context);
  if (address.kind === 'tcp' && address.host === ANY_HOST) return bindEach([tcpAt(address.port)('0.0.0.0')], config, context);
  const candidates = await resolveAddress(address, (host, text) =>
    context.failed(bindFailure(`${host}:${address.kind === 'tcp' ? address.port : ''}`, new Error(text))),
  );
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
  return (host) => ({ kind: 'tcp', host, port, family: isIPv6(host) ? 6 : 4 });
}

function bindOne(address: DialAddress, config: ServiceConfig, { observe, bound: taken }: LineContext): Binding {
  if (address.kind === 'unix') {
    return { bound: bindUnix(address.path, config), text: address.path, port: 0, path: address.path, release: taken.add(address, config) };
  }
  const bound = bindTcp(address, config, observe);
  const { port } = bound.address() as Endpoint;
  return { bound, text: `${address.host}:${port}`, port, path: undefined, release: taken.add({ ...address, port }, config) };
}

/** Options must be set before bind to count, so with any of them the socket is of our own making. */
function bindTcp({ host, port }: DialAddress & { readonly kind: 'tcp' }, config: ServiceConfig, observe: Observe): Binding['bound'] {
  if (config.sockets.accept.length === 0 || process.platform !== 'linux') return new net.BoundSocket({ host, port });
  const about = { id: 'ui', service: config };
  return bindWithSettings({ address: host, port }, config, (set) => observe({ kind: 'socket-option-set', ...set }, about));
}

function bindUnix(path: string, { socketOwner: { uid, gid } }: ServiceConfig): net.BoundSocket {
  const bound = bindPath(path);
  try {
    if (uid !== undefined || gid !== undefined) chownSync(path, uid ?? UNCHANGED, gid ?? UNCHANGED);
  } catch (cause) {
    bound.close();
    unlinkSync(path);
    throw cause;
  }
  return bound;
}

/** The path of an inherited Unix socket is not ours to remove. */
function takeOver(fd: number, config: ServiceConfig, { bound: taken }: LineContext): Binding {
  const bound = new MadeListener(fd);
  const address = bound.address();
  if (typeof address === 'string') {
    return { bound, text: address, port: 0, path: undefined, release: taken.add({ kind: 'unix', path: address }, config) };
  }
  const release = taken.add(tcpAt(address.port)(address.address), config);
  return { bound, text: endpointText(address), port: address.port, path: undefined, release };
}

/** A socket file left behind by a process that is gone is in the way and nobody's; one that answers, or is no socket, is not touched. */
function bindPath(path: string): net.BoundSocket {
  // The runtime takes a path (its BoundSocketOptions document it), the type package does not know it yet.
  const options = { path } as net.BoundSocketOptions;
  try {
    return new net.BoundSocket(options);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE' || isServed(path)) throw honest(cause, path);
    unlinkSync(path);
    return new net.BoundSocket(options);
  }
}

/** libuv reports a missing folder as a missing permission (uv_pipe_bind: ENOENT becomes EACCES, for Windows). */
function honest(cause: unknown, path: string): unknown {
  if ((cause as NodeJS.ErrnoException).code !== 'EACCES' || existsSync(dirname(path))) return cause;
  return Object.assign(new Error('bind ENOENT'), { code: 'ENOENT', errno: -constants.errno.ENOENT, syscall: 'bind' });
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
  if (!setTransparent(binding.bound.fd(), isIPv6(splitHostPort(binding.text).host) ? 6 : 4)) {
    observe({ kind: 'listening-without-tproxy' }, { id: 'ui', service: config });
  }
  return binding;
}
