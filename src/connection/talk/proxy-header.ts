/** The PROXY protocol on a connection: who the client really is, taken from a listed load balancer, and said to the upstream. */

import { isWithin } from '../../address/block.ts';
import { endpointText } from '../../address/endpoint.ts';
import { OvercoatError } from '../../errors.ts';
import { runConversation } from '../../protocols/driver.ts';
import { acceptProxyHeader } from '../../protocols/proxy.ts';
import { encodeProxyHeader } from '../../protocols/proxy-header.ts';
import type { TlsLeg } from '../../tls/engine/engine.ts';
import type { Life } from '../life/life.ts';
import type { Accepted, Dialled, Service } from '../record.ts';
import { clientEnds } from '../record.ts';
import { tlsFactsOf } from './tls-facts.ts';

/**
 * Of a service that wants a header: reads it, before everything else.
 * @returns the client with the addresses that hold from here on
 * @throws OvercoatError `proxy_header` when the sender is not listed or the header is malformed, `negotiation_failed` when it is none
 */
export async function readProxyHeader(accepted: Accepted, service: Service, life: Life): Promise<Accepted> {
  const { accept = [] } = service.config.proxy;
  const sender = accepted.leg.remote;
  if (sender === undefined || !isWithin(sender.address, accept)) {
    throw new OvercoatError('proxy_header', `${accepted.client} is not listed in proxyAccept`);
  }
  const { busyMs, idleMs } = service.config.limits;
  const header = await runConversation(acceptProxyHeader(), { client: accepted.leg, upstream: undefined, waiter: life, busyMs, idleMs });
  if (header.kind === 'local') return accepted;
  const client = endpointText(header.source);
  life.emit({ kind: 'proxied', client, by: accepted.client });
  return { ...accepted, client, proxied: header };
}

/** Writes the header where the service wants one: the first bytes on a dialled connection. @param secured the client, once it is TLS */
export function sendProxyHeader(dialled: Dialled, accepted: Accepted, service: Service, secured?: TlsLeg): void {
  const { send } = service.config.proxy;
  if (send === 'no') return;
  const facts = secured === undefined ? undefined : tlsFactsOf(secured, service.config);
  dialled.leg.write(encodeProxyHeader(send, { ...clientEnds(accepted), tls: facts }));
}
