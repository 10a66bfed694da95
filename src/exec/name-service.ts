/**
 * Names for the command: its questions are answered by the machine's own resolvers, and what they said is a source of server names.
 * There is one client only, so every question and every connection counts as the same one's, whichever family it used.
 */

import { Forwarder } from '../names/dns/forwarder.ts';
import { DnsMemory } from '../names/dns/memory.ts';
import { systemResolvers } from '../names/dns/resolvers.ts';
import type { NameResources } from '../names/resources.ts';
import { createNameResources } from '../names/resources.ts';
import type { InsideSockets } from './namespace.ts';

export interface NameService {
  readonly resources: NameResources;
  close(): void;
}

/** Any address will do. */
const THE_CLIENT = '127.0.0.1';

/** Starts answering on the sockets of the inside, which are closed with it. */
export function serveNames({ dnsUdp, dnsTcp }: InsideSockets, warn: (text: string) => void): NameService {
  const memory = new DnsMemory();
  const forwarder = new Forwarder({ memory, resolvers: systemResolvers(), warn });
  for (const socket of dnsUdp) forwarder.serveUdp(socket, { client: THE_CLIENT });
  for (const server of dnsTcp) forwarder.serveTcp(server, { client: THE_CLIENT });
  const ofTheClient = { nameFor: (_client: string, address: string) => memory.nameFor(THE_CLIENT, address) };
  return { resources: createNameResources(ofTheClient), close: () => forwarder.close() };
}
