/** The DNS forwarder of the daemon (`dnsListen`): bound while it may still be a low port, answering from the first client on. */
import type { TcpAddress } from '../config/config.ts';
import { OvercoatError } from '../errors.ts';
import { describeSystemError } from '../linux/errno-text.ts';
import type { DnsMemory } from '../names/dns/memory.ts';
import type { Observe } from '../observe/events.ts';

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
  const warn = (text: string): void => observe({ kind: 'message', level: 4, text }, MAIN);
  const resolvers = systemResolvers();
  resolvers(); // in a chroot the file is out of reach later
  const forwarder = new Forwarder({ memory, resolvers, warn });
  for (const { address, port } of listen.flatMap(places)) {
    try {
      const sockets = await listenDns(address, port);
      forwarder.serveUdp(sockets.udp);
      forwarder.serveTcp(sockets.tcp);
      observe({ kind: 'message', level: 5, text: `DNS forwarder bound to ${address}:${sockets.port}` }, UI);
    } catch (cause) {
      const { text, errno } = describeSystemError(cause);
      if (address === '::' && WITHOUT_IPV6.has((cause as NodeJS.ErrnoException).code ?? '')) continue;
      forwarder.close();
      throw new OvercoatError(
        'start_bind',
        `dnsListen: ${address}:${port}: ${text} (${errno}); another name server may listen there`,
        cause,
      );
    }
  }
  return forwarder;
}

/** A machine without IPv6 has no such address. */
const WITHOUT_IPV6: ReadonlySet<string> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);

function places({ host, port }: TcpAddress): { readonly address: string; readonly port: number }[] {
  return (host === '' ? ['0.0.0.0', '::'] : [host]).map((address) => ({ address, port }));
}
