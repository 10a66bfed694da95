/** The sockets of a DNS forwarder on descriptors that somebody else has bound. */
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { isIpv6 } from '../../address/ip.ts';

export interface DnsSockets {
  readonly udp: dgram.Socket;
  readonly tcp: net.Server;
}

/**
 * From here on what arrives is read.
 * @param address both are bound to: an IP literal
 * @param udp @param tcp descriptors, the sockets' from here on
 */
export async function openDnsSockets(address: string, udp: number, tcp: number): Promise<DnsSockets> {
  const sockets: DnsSockets = { udp: dgram.createSocket(isIpv6(address) ? 'udp6' : 'udp4'), tcp: net.createServer() };
  const listening = Promise.all([once(sockets.udp, 'listening'), once(sockets.tcp, 'listening')]);
  sockets.udp.bind({ fd: udp }); // says so within the call
  sockets.tcp.listen({ fd: tcp });
  await listening;
  return sockets;
}
