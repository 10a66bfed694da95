/** Which of the open connections are asked for, and in which order: what a table that shows a part of them needs, or who takes all in parts. */
import type { OpenConnection } from './open-connection.ts';

/** `silent`: those that are silent, the longest first, then the busiest. */
export const SORTS = ['started', 'service', 'client', 'destination', 'rate', 'bytes', 'silent'] as const;
export type Sort = (typeof SORTS)[number];

export interface ConnectionFilter {
  readonly service?: string | undefined;
  /** A part of the client's address. */
  readonly client?: string | undefined;
  /** A part of anything that is shown of it, whatever its case. */
  readonly search?: string | undefined;
  /** Without: as they were accepted. */
  readonly sort?: Sort | undefined;
  readonly descending?: boolean | undefined;
  /** As they were accepted alone: only those that came after the one of this number, so that nobody is missed because another one ends. */
  readonly after?: number | undefined;
  readonly offset: number;
  readonly limit: number;
}

export interface ConnectionPart {
  /** All that are meant, whatever part of them is asked for. */
  readonly total: number;
  readonly part: readonly OpenConnection[];
  /** What to ask for `after` to get those that follow; undefined: there are none, or another order was asked for. */
  readonly next: number | undefined;
}

export function partOf(open: Iterable<OpenConnection>, filter: ConnectionFilter): ConnectionPart {
  const { sort = 'started', descending, after, offset, limit } = filter;
  const found = listed(open, filter);
  const following = after === undefined ? found : found.filter(({ connection }) => connection > after);
  const part = following.slice(offset, offset + limit);
  const more = sort === 'started' && descending !== true && offset + limit < following.length;
  return { total: found.length, part, next: more ? part.at(-1)?.connection : undefined };
}

/** All that are meant, in their order. */
function listed(
  open: Iterable<OpenConnection>,
  { service, client, search, sort = 'started', descending }: ConnectionFilter,
): OpenConnection[] {
  const wanted = search?.toLowerCase();
  const found = [...open].filter(
    (each) =>
      (service === undefined || each.service === service) &&
      (client === undefined || each.client.includes(client)) &&
      (wanted === undefined || shown(each).includes(wanted)),
  );
  found.sort(ORDERS[sort]);
  return descending === true ? found.reverse() : found;
}

function shown({ id, service, client, name, originalDestination, upstream, stage }: OpenConnection): string {
  return `${id} ${service} ${client} ${name} ${originalDestination} ${upstream} ${stage}`.toLowerCase();
}

type Order = (one: OpenConnection, other: OpenConnection) => number;

const byText =
  (text: (each: OpenConnection) => string): Order =>
  (one, other) => {
    const [left, right] = [text(one), text(other)];
    return left < right ? -1 : left > right ? 1 : one.connection - other.connection;
  };
const byNumber =
  (value: (each: OpenConnection) => number): Order =>
  (one, other) =>
    value(one) - value(other) || one.connection - other.connection;

const ORDERS: Readonly<Record<Sort, Order>> = {
  started: (one, other) => one.connection - other.connection, // workers tell of theirs a little later than they accept
  service: byText(({ service }) => service),
  client: byText(({ client }) => client),
  destination: byText(({ name, upstream, originalDestination }) => name || upstream || originalDestination),
  rate: byNumber(({ bytesPerSecond }) => bytesPerSecond),
  bytes: byNumber(({ toTls, toPlain }) => toTls + toPlain),
  silent: (one, other) => {
    if (one.silent !== other.silent) return one.silent ? -1 : 1;
    return one.silent ? one.movedAt - other.movedAt : other.bytesPerSecond - one.bytesPerSecond || one.connection - other.connection;
  },
};
