/** A connection of the command that is made as it is: what --plain and --ports leave alone. No TLS, no name, just the bytes. */
import { findDestination } from '../connection/dial/destination.ts';
import type { OwnPorts } from '../connection/dial/own-ports.ts';
import { dialUpstream } from '../connection/dial/upstream.ts';
import type { Life } from '../connection/life/life.ts';
import type { Accepted, Service } from '../connection/record.ts';
import { relay } from '../connection/relay/relay.ts';
import type { CloseReason } from '../observe/events.ts';

/** Runs one connection; never rejects. */
export async function handlePlain(accepted: Accepted, service: Service, life: Life, ownPorts: OwnPorts): Promise<CloseReason> {
  try {
    const destination = await findDestination(accepted, service, ownPorts, life);
    const upstream = await dialUpstream({ ...destination, serverName: undefined, source: 'none' }, service, life);
    return life.close(await relay({ client: accepted.leg, upstream: upstream.leg }, life));
  } catch (cause) {
    return life.close(cause instanceof Error ? cause : new Error(String(cause)));
  }
}
