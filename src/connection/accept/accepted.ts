/** A client that is there: its connection begins, it is announced, and its two ends have addresses. */

import { endText } from '../../address/dial-address.ts';
import type { ConnectionIdentity, Observe } from '../../observe/events.ts';
import type { Leg } from '../../sockets/leg.ts';
import { Life } from '../life/life.ts';
import type { Accepted, Service } from '../record.ts';
import { nextConnection } from './connection-id.ts';
import type { ConnectionTable } from './connection-table.ts';

/** Who follows a connection from its beginning. */
export interface Followers {
  readonly observe: Observe;
  /** undefined: it is the only one there is. */
  readonly connections?: ConnectionTable;
}

/**
 * Every connection begins here: it has a number, a life, and its place among the others.
 * @param client undefined: it is still to be started (`exec` with `connect`)
 * @param identity of a program's client, which says itself that it has started
 */
export function beginConnection(
  client: Leg | undefined,
  { config }: Pick<Service, 'config'>,
  { observe, connections }: Followers,
  identity?: ConnectionIdentity,
): Life {
  const life = new Life(identity ?? nextConnection(config.logId), config, observe);
  if (client !== undefined) life.own('client', client);
  if (connections === undefined) life.onEnd(() => life.emit({ kind: 'finished', left: 0 }));
  else connections.add(life);
  if (identity === undefined) life.emit({ kind: 'started' });
  return life;
}

/** Announces a client; that of a service with `libwrap` when it was found to be admitted. */
export function admit(leg: Leg, life: Life): Accepted {
  const client = endText(leg.remote);
  if (!life.config.libwrap) life.emit({ kind: 'accepted', client });
  return { leg, client };
}
