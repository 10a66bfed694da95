/**
 * The DNS forwarder of the daemon (`dnsListen`): bound here, while it may still be a low port, and never read here. Whoever answers has
 * duplicates, so that questions wait for the next one where it ends.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Endpoint } from '../address/endpoint.ts';
import { isIpv6 } from '../address/ip.ts';
import type { DeviceAddresses, TcpAddress } from '../config/config.ts';
import { OvercoatError } from '../errors.ts';
import { listen } from '../linux/libc/sockets.ts';
import { systemResolvers } from '../names/dns/resolvers.ts';
import type { Observe } from '../observe/events.ts';
import type { BoundSocket } from '../sockets/bound-socket.ts';
import { bindTcp, bindUdp, ONE_FAMILY, takeOver } from '../sockets/bound-socket.ts';
import type { PassedSocket } from '../sockets/passed-socket.ts';
import { systemError, systemErrorText } from '../text/system-error.ts';
import { DeviceDns } from './dns-devices.ts';
import type { ServiceProcess } from './service-process/service-process.ts';
import type { Passed, PassedSockets } from './upgrade/passed-sockets.ts';

export interface DnsSockets {
  readonly udp: BoundSocket;
  readonly tcp: BoundSocket;
  /** The port of both; the one asked for unless that was 0. */
  readonly port: number;
}

export interface DnsSurroundings {
  readonly service: ServiceProcess;
  readonly observe: Observe;
  /** Of the process before. */
  readonly passed: PassedSockets | undefined;
}

const UI = { id: 'ui', service: undefined } as const;

/**
 * Binds UDP and TCP; without a host on every address of both families. A machine with several addresses in one network does better
 * to name them, or the device: from a socket on all of them an answer may leave with another address than the question came to.
 * @returns `sockets` grows with the addresses of devices; `close` closes them; whoever answers on them has to be ended besides
 * @throws OvercoatError `start_bind`
 */
export async function startDns(
  addresses: readonly (TcpAddress | DeviceAddresses)[],
  { service, observe, passed }: DnsSurroundings,
): Promise<{ readonly sockets: readonly Passed[]; close(): void }> {
  const bound = new Set<DnsSockets>();
  const sockets: Passed[] = [];
  const resolvers = systemResolvers()();
  let closed = false;
  const closeBoth = (both: DnsSockets): void => {
    bound.delete(both);
    for (const socket of [both.udp, both.tcp]) socket.close();
  };
  const listenAt = async ({ address, port }: Endpoint, bind: () => DnsSockets | Promise<DnsSockets>): Promise<void> => {
    const use = { key: `dns ${address} ${port}`, owner: undefined };
    const [former] = passed?.take(use) ?? [];
    const both = former === undefined ? await bind() : adopted(former);
    bound.add(both);
    const { udp, tcp, port: real } = both;
    try {
      await service.keep({ kind: 'answer-dns', address, resolvers }, [udp.fd(), tcp.fd()]);
    } catch (cause) {
      if (!closed) closeBoth(both);
      throw cause;
    }
    sockets.push({ ...use, sockets: [{ text: address, port: real, path: undefined, descriptors: [udp.fd(), tcp.fd()] }] });
    observe({ kind: 'dns-forwarder-bound', address, port: real }, UI);
  };
  const devices = addresses.filter((each) => each.kind === 'device');
  const onDevices = new DeviceDns({
    devices,
    listenAt: (place) => listenAt(place, () => bindOnDevice(place)),
    tell: (text) => observe({ kind: 'dns-trouble', text }, UI),
  });
  const close = (): void => {
    closed = true;
    onDevices.close();
    for (const both of bound) closeBoth(both);
  };
  try {
    for (const place of addresses.filter((each) => each.kind === 'tcp').flatMap(places))
      await listenAt(place, () => whenUsable(place.address, () => bindDns(place))).catch((cause: unknown) => {
        if (place.address !== '::' || !WITHOUT_IPV6.has((cause as NodeJS.ErrnoException).code ?? '')) throw notBound(place, cause);
      });
    if (devices.length > 0) await onDevices.begin();
  } catch (cause) {
    close();
    throw cause;
  }
  return { sockets, close };
}

function bindOnDevice(place: Endpoint): DnsSockets {
  try {
    return bindDns(place);
  } catch (cause) {
    throw (cause as NodeJS.ErrnoException).code === 'EADDRNOTAVAIL' ? cause : notBound(place, cause);
  }
}

function notBound({ address, port }: Endpoint, cause: unknown): Error {
  if (cause instanceof OvercoatError) return cause;
  const text = `dnsListen: ${address}:${port}: ${systemErrorText(cause)}; another name server may listen there`;
  return new OvercoatError('start_bind', text, cause);
}

function adopted({ port, descriptors: [udp, tcp] }: PassedSocket): DnsSockets {
  return { udp: takeOver(udp as number), tcp: takeOver(tcp as number), port };
}

const ATTEMPTS = 20;
const BACKLOG = 511;

/**
 * Both sockets on one port. With port 0 the kernel chooses for TCP, and the same is tried for UDP.
 * @internal
 * @throws NodeJS.ErrnoException; nothing is left open then
 */
export function bindDns({ address, port }: Endpoint): DnsSockets {
  for (let attempt = 1; ; attempt += 1) {
    const tcp = bindTcp({ address, port }, isIpv6(address) ? [ONE_FAMILY] : []);
    try {
      const listening = listen(tcp.fd(), BACKLOG);
      if (listening < 0) throw systemError('listen', listening);
      const { port: real } = tcp.address() as Endpoint;
      return { udp: bindUdp({ address, port: real }), tcp, port: real };
    } catch (cause) {
      tcp.close();
      if (port !== 0 || attempt === ATTEMPTS) throw cause;
    }
  }
}

/** An IPv6 address that was just given to a device cannot be bound before the kernel has looked for a second owner (RFC 4862 5.4). */
const TENTATIVE_MS = 5000;
const LOOK_AGAIN_MS = 100;

async function whenUsable<T>(address: string, bind: () => T): Promise<T> {
  for (const until = performance.now() + TENTATIVE_MS; ; ) {
    try {
      return bind();
    } catch (cause) {
      const tentative = isIpv6(address) && address !== '::' && (cause as NodeJS.ErrnoException).code === 'EADDRNOTAVAIL';
      if (!tentative || performance.now() > until) throw cause;
      await sleep(LOOK_AGAIN_MS);
    }
  }
}

/** A machine without IPv6 has no such address. */
const WITHOUT_IPV6: ReadonlySet<string> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);

function places({ host, port }: TcpAddress): { readonly address: string; readonly port: number }[] {
  return (host === '' ? ['0.0.0.0', '::'] : [host]).map((address) => ({ address, port }));
}
