/** The DNS forwarder of the daemon (`dnsListen`): bound while it may still be a low port, answering from the first client on. */

import { setTimeout as sleep } from 'node:timers/promises';
import { isIpv6 } from '../address/ip.ts';
import type { TcpAddress } from '../config/config.ts';
import { OvercoatError } from '../errors.ts';
import type { DnsMemory } from '../names/dns/memory.ts';
import type { Observe } from '../observe/events.ts';
import { systemErrorText } from '../text/system-error.ts';

export interface DnsService {
  close(): void;
}

const UI = { id: 'ui', service: undefined } as const;
const MAIN = { id: 'main', service: undefined } as const;

/**
 * Binds UDP and TCP; without a host on every address of both families. A machine with several addresses in one network does better
 * to name them: from a socket on all of them an answer may leave with another address than the question came to.
 * @throws OvercoatError `start_bind`
 */
export async function startDns(listen: readonly TcpAddress[], memory: DnsMemory, observe: Observe): Promise<DnsService> {
  const [{ Forwarder }, { listenDns }, { systemResolvers }] = await Promise.all([
    import('../names/dns/forwarder.ts'),
    import('../names/dns/listen.ts'),
    import('../names/dns/resolvers.ts'),
  ]);
  const warn = (text: string): void => observe({ kind: 'dns-trouble', text }, MAIN);
  const resolvers = systemResolvers();
  resolvers(); // in a chroot the file is out of reach later
  const forwarder = new Forwarder({ memory, resolvers, warn });
  for (const { address, port } of listen.flatMap(places)) {
    try {
      const sockets = await whenUsable(address, () => listenDns(address, port));
      forwarder.serveUdp(sockets.udp);
      forwarder.serveTcp(sockets.tcp);
      observe({ kind: 'dns-forwarder-bound', address, port: sockets.port }, UI);
    } catch (cause) {
      if (address === '::' && WITHOUT_IPV6.has((cause as NodeJS.ErrnoException).code ?? '')) continue;
      forwarder.close();
      throw new OvercoatError(
        'start_bind',
        `dnsListen: ${address}:${port}: ${systemErrorText(cause)}; another name server may listen there`,
        cause,
      );
    }
  }
  return forwarder;
}

/** An IPv6 address that was just given to a device cannot be bound before the kernel has looked for a second owner (RFC 4862 5.4). */
const TENTATIVE_MS = 5000;
const LOOK_AGAIN_MS = 100;

async function whenUsable<T>(address: string, bind: () => Promise<T>): Promise<T> {
  for (const until = performance.now() + TENTATIVE_MS; ; ) {
    try {
      return await bind();
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
