/**
 * The addresses of one `accept` line as bound sockets. Bound means the port is ours and nobody can connect yet: a start binds
 * everything first, so that it fails as a whole or not at all.
 */
import { readFileSync, unlinkSync } from 'node:fs';
import net, { isIPv6 } from 'node:net';
import type { Address, ServiceConfig } from '../config/config.ts';
import { describeSystemError } from '../linux/errno-text.ts';
import { setTransparent } from '../linux/transparent.ts';
import type { Observe } from '../observe/events.ts';
import { addressText } from './address-text.ts';
import type { DialAddress } from './record.ts';
import { resolveAddress } from './targets.ts';

/** A bound socket that does not listen yet. `text` is its real address, with the port the kernel chose for port 0. */
export interface Binding {
  readonly bound: net.BoundSocket;
  readonly text: string;
  /** 0 for a Unix socket. */
  readonly port: number;
  readonly path: string | undefined;
}

/** What is bound in place of "all addresses": one IPv6 socket takes IPv4 too; the second is for machines without IPv6. */
const ALL_ADDRESSES = ['::', '0.0.0.0'] as const;

/** Binds every address of one `accept` line. Failures are reported as events; those that worked are returned. */
export async function bindAddress(address: Address, config: ServiceConfig, observe: Observe): Promise<Binding[]> {
  const context = { id: 'ui', service: config };
  const failed = (where: string, cause: unknown): undefined => {
    observe({ kind: 'bind-failed', address: where, ...describeSystemError(cause) }, context);
    return undefined;
  };
  if (address.kind === 'tcp' && address.host === '') {
    const binding = bindAll(address.port, failed);
    return binding === undefined ? [] : [transparent(binding, config, observe)];
  }
  const candidates = await resolveAddress(address, (host, text) =>
    failed(`${host}:${address.kind === 'tcp' ? address.port : ''}`, new Error(text)),
  );
  const bindings: Binding[] = [];
  for (const candidate of candidates) {
    try {
      bindings.push(transparent(bindOne(candidate), config, observe));
    } catch (cause) {
      failed(addressText(candidate), cause);
    }
  }
  return bindings;
}

function bindAll(port: number, failed: (where: string, cause: unknown) => undefined): Binding | undefined {
  for (const [index, host] of ALL_ADDRESSES.entries()) {
    try {
      return bindOne({ kind: 'tcp', host, port, family: isIPv6(host) ? 6 : 4 });
    } catch (cause) {
      const noIpv6 = ['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'].includes((cause as NodeJS.ErrnoException).code ?? '');
      if (index === 0 && noIpv6) continue;
      return failed(`${host}:${port}`, cause);
    }
  }
  return undefined;
}

function bindOne(address: DialAddress): Binding {
  if (address.kind === 'unix') return { bound: bindPath(address.path), text: address.path, port: 0, path: address.path };
  const bound = new net.BoundSocket({ host: address.host, port: address.port });
  const { port } = bound.address() as net.AddressInfo;
  return { bound, text: `${address.host}:${port}`, port, path: undefined };
}

/** A socket file left behind by a process that is gone is in the way and nobody's; one that answers is not touched. */
function bindPath(path: string): net.BoundSocket {
  // The runtime takes a path (its BoundSocketOptions document it), the type package does not know it yet.
  const options = { path } as net.BoundSocketOptions;
  try {
    return new net.BoundSocket(options);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE' || isServed(path)) throw cause;
    unlinkSync(path);
    return new net.BoundSocket(options);
  }
}

/** The kernel's list of listening Unix sockets (proc(5), /proc/net/unix); without it the file is left alone. */
function isServed(path: string): boolean {
  try {
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
  if (!setTransparent(binding.bound.fd(), isIPv6(binding.text.slice(0, binding.text.lastIndexOf(':'))) ? 6 : 4)) {
    const text = `Service [${config.name}] listens without IP_TRANSPARENT (needs CAP_NET_ADMIN): REDIRECT and DNAT work, TPROXY does not`;
    observe({ kind: 'message', level: 6, text }, { id: 'ui', service: config });
  }
  return binding;
}
