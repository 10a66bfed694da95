/** One connection from accept to close. Read top to bottom: each step is the file named after it. */
import type { CloseReason } from '../observe/events.ts';
import { findDestination } from './destination.ts';
import { secureClient, secureUpstream } from './handshake.ts';
import type { Life } from './life.ts';
import type { OwnPorts } from './own-ports.ts';
import type { Accepted, Service } from './record.ts';
import { relay } from './relay.ts';
import { learnServerName } from './server-name.ts';
import { dialUpstream } from './upstream.ts';

/** What a connection may ask of the process it runs in. */
export interface Surroundings {
  readonly ownPorts: OwnPorts;
}

/** Runs one connection; never rejects. When it resolves both sockets are ended and the `closed` event is out. */
export async function handleConnection(accepted: Accepted, service: Service, life: Life, around: Surroundings): Promise<CloseReason> {
  try {
    const outcome = service.config.mode === 'client' ? wrap(accepted, service, life, around) : unwrap(accepted, service, life, around);
    return life.close(await outcome);
  } catch (cause) {
    return life.close(cause instanceof Error ? cause : new Error(String(cause)));
  }
}

/** Client mode: plain in, TLS out. */
async function wrap(accepted: Accepted, service: Service, life: Life, around: Surroundings): Promise<CloseReason> {
  const destination = await findDestination(accepted, service, around.ownPorts, life);
  const named = await learnServerName(destination, service, life);
  const dialled = await dialUpstream(named, 'tls', service, life);
  const upstream = await secureUpstream(dialled, named, service, life);
  const client = { socket: accepted.socket, reader: undefined };
  return relay({ client, upstream, tlsSide: 'upstream' }, life);
}

/** Server mode: TLS in, plain out. */
async function unwrap(accepted: Accepted, service: Service, life: Life, around: Surroundings): Promise<CloseReason> {
  const socket = await secureClient(accepted, service, life);
  const destination = await findDestination(accepted, service, around.ownPorts, life);
  const upstream = await dialUpstream({ ...destination, serverName: undefined, source: 'none' }, 'plain', service, life);
  return relay({ client: { socket, reader: undefined }, upstream, tlsSide: 'client' }, life);
}
