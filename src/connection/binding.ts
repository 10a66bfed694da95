/**
 * The addresses of one `accept` line as bound sockets. Bound means the port is ours and nobody can connect yet: a start binds
 * everything first, so that it fails as a whole or not at all.
 */
import { chownSync, existsSync, lstatSync, readFileSync, unlinkSync } from 'node:fs';
import net, { isIPv6 } from 'node:net';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import { splitHostPort } from '../address/authority.ts';
import type { Endpoint } from '../address/endpoint.ts';
import { endpointText } from '../address/endpoint.ts';
import type { Address, ServiceConfig } from '../config/config.ts';
import { setTransparent } from '../linux/transparent.ts';
import type { Observe } from '../observe/events.ts';
import { describeSystemError } from '../text/system-error.ts';
import type { DialAddress } from './address-text.ts';
import { addressText } from './address-text.ts';
import { bindWithSettings, MadeListener } from './made-listener.ts';

import { resolveAddress } from './targets.ts';

/** A bound socket that does not listen yet. `text` is its real address, with the port the kernel chose for port 0. */
export interface Binding {
  readonly bound: net.BoundSocket | MadeListener;
  readonly text: string;
  /** 0 for a Unix socket. */
  readonly port: number;
  readonly path: string | undefined;
}

/** What is bound in place of "all addresses": one IPv6 socket takes IPv4 too; the second is for machines without IPv6. */
const ALL_ADDRESSES = ['::', '0.0.0.0'] as const;

/** chown(2): leave it. */
const UNCHANGED = -1;

/**
 * Binds every address of one `accept` line. Failures are reported as events; those that worked are returned.
 * @param inherited a socket that was bound before this process began (systemd): it stands for the line, whatever that says
 */
export async function bindAddress(address: Address, config: ServiceConfig, observe: Observe, inherited?: number): Promise<Binding[]> {
  const context = { id: 'ui', service: config };
  if (inherited !== undefined) return [transparent(takeOver(inherited), config, observe)];
  const failed = (where: string, cause: unknown): undefined => {
    const { text, errno } = describeSystemError(cause);
    const call = (cause as NodeJS.ErrnoException).syscall ?? '';
    observe({ kind: 'bind-failed', address: where, text: call.startsWith('setsockopt') ? `${call}: ${text}` : text, errno }, context);
    return undefined;
  };
  if (address.kind === 'tcp' && address.host === '') {
    const binding = bindAll(address.port, failed, config, observe);
    return binding === undefined ? [] : [transparent(binding, config, observe)];
  }
  const candidates = await resolveAddress(address, (host, text) =>
    failed(`${host}:${address.kind === 'tcp' ? address.port : ''}`, new Error(text)),
  );
  const bindings: Binding[] = [];
  for (const candidate of candidates) {
    try {
      bindings.push(transparent(bindOne(candidate, config, observe), config, observe));
    } catch (cause) {
      failed(addressText(candidate), cause);
    }
  }
  return bindings;
}

function bindAll(
  port: number,
  failed: (where: string, cause: unknown) => undefined,
  config: ServiceConfig,
  observe: Observe,
): Binding | undefined {
  for (const [index, host] of ALL_ADDRESSES.entries()) {
    try {
      return bindOne({ kind: 'tcp', host, port, family: isIPv6(host) ? 6 : 4 }, config, observe);
    } catch (cause) {
      const noIpv6 = ['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'].includes((cause as NodeJS.ErrnoException).code ?? '');
      if (index === 0 && noIpv6) continue;
      return failed(`${host}:${port}`, cause);
    }
  }
  return undefined;
}

function bindOne(address: DialAddress, config: ServiceConfig, observe: Observe): Binding {
  if (address.kind === 'unix') return bindUnix(address.path, config);
  const bound = bindTcp(address, config, observe);
  const { port } = bound.address() as Endpoint;
  return { bound, text: `${address.host}:${port}`, port, path: undefined };
}

/** Options must be set before bind to count, so with any of them the socket is of our own making. */
function bindTcp({ host, port }: DialAddress & { readonly kind: 'tcp' }, config: ServiceConfig, observe: Observe): Binding['bound'] {
  if (config.sockets.accept.length === 0 || process.platform !== 'linux') return new net.BoundSocket({ host, port });
  const about = { id: 'ui', service: config };
  return bindWithSettings({ address: host, port }, config, (level, text) => observe({ kind: 'message', level, text }, about));
}

function bindUnix(path: string, { socketOwner: { uid, gid } }: ServiceConfig): Binding {
  const bound = bindPath(path);
  try {
    if (uid !== undefined || gid !== undefined) chownSync(path, uid ?? UNCHANGED, gid ?? UNCHANGED);
  } catch (cause) {
    bound.close();
    unlinkSync(path);
    throw cause;
  }
  return { bound, text: path, port: 0, path };
}

/** The path of an inherited Unix socket is not ours to remove. */
function takeOver(fd: number): Binding {
  const bound = new MadeListener(fd);
  const address = bound.address();
  if (typeof address === 'string') return { bound, text: address, port: 0, path: undefined };
  return { bound, text: endpointText(address), port: address.port, path: undefined };
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
function transparent(binding: Binding, config: ServiceConfig, observe: Observe): Binding {
  if (!config.transparent.destination || binding.path !== undefined) return binding;
  if (!setTransparent(binding.bound.fd(), isIPv6(splitHostPort(binding.text).host) ? 6 : 4)) {
    const text = `Service [${config.name}] listens without IP_TRANSPARENT (needs CAP_NET_ADMIN): REDIRECT and DNAT work, TPROXY does not`;
    observe({ kind: 'message', level: 6, text }, { id: 'ui', service: config });
  }
  return binding;
}
