/** Where a connection begins: its id, its life, its place in the table, and the event that announces its client. */

import { endText } from '../../address/dial-address.ts';
import type { ConnectionIdentity, Observe } from '../../observe/events.ts';
import type { Leg } from '../../sockets/leg.ts';
import { Life } from '../life/life.ts';
import type { Accepted, Service } from '../record.ts';
import { nextConnection } from './connection-id.ts';
import type { ConnectionTable } from './connection-table.ts';

/** Who is told of a connection, and where it is kept. */
export interface Followers {
  readonly observe: Observe;
  /** undefined where the process serves one connection alone (inetd mode). */
  readonly connections?: ConnectionTable;
}

/**
 * Begins a connection: gives it an id and a life, and enters it into the table.
 * @param client undefined: the client is a program that is still to be started (`exec` with `connect`)
 * @param identity given where the caller has chosen it and emits `started` itself
 */
export function beginConnection(
  client: Leg | undefined,
  { config }: Pick<Service, 'config'>,
  { observe, connections }: Followers,
  identity?: ConnectionIdentity,
): Life {
  const life = new Life(identity ?? nextConnection(config.logId), config, observe);
  if (client !== undefined) life.own('client', client);
  if (config.mode === 'client' && config.reset) client?.resetByDeath(); // in clear, what is not even begun would look whole
  if (connections === undefined) life.onEnd(() => life.emit({ kind: 'finished', left: 0 }));
  else connections.add(life);
  if (identity === undefined) life.emit({ kind: 'started' });
  return life;
}

/** What the steps are handed. Emits `accepted`; with `libwrap` handle.ts does, once hosts.allow and hosts.deny let the client in. */
export function acceptedClient(leg: Leg, life: Life): Accepted {
  const client = endText(leg.remote);
  if (!life.config.libwrap) life.emit({ kind: 'accepted', client });
  return { leg, client };
}
