/** Binds the UDP and TCP sockets of a DNS forwarder (`dnsListen`). */

import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { isIpv6 } from '../../address/ip.ts';

export interface DnsSockets {
  readonly udp: dgram.Socket;
  readonly tcp: net.Server;
  /** The port of both; the one asked for unless that was 0. */
  readonly port: number;
}

const ATTEMPTS = 20;

/**
 * Both sockets on one port. With port 0 the kernel chooses for TCP, and the same is tried for UDP.
 * @throws the system's error when the address cannot be bound
 */
export async function listenDns(address: string, port: number): Promise<DnsSockets> {
  for (let attempt = 1; ; attempt++) {
    const tcp = net.createServer();
    tcp.listen({ host: address, port, ipv6Only: true });
    await once(tcp, 'listening');
    const bound = (tcp.address() as net.AddressInfo).port;
    const udp = dgram.createSocket(isIpv6(address) ? { type: 'udp6', ipv6Only: true } : { type: 'udp4' });
    try {
      udp.bind(bound, address);
      await once(udp, 'listening');
      return { udp, tcp, port: bound };
    } catch (cause) {
      tcp.close();
      if (port !== 0 || attempt === ATTEMPTS) throw cause;
    }
  }
}
