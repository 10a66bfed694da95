/** Which of the open connections are asked for, and in which order: what a table that shows a part of them needs. */
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
  readonly offset: number;
  readonly limit: number;
}

/** All that are meant, in their order. @param open in the order they were accepted */
export function listed(open: Iterable<OpenConnection>, { service, client, search, sort, descending }: ConnectionFilter): OpenConnection[] {
  const wanted = search?.toLowerCase();
  const found = [...open].filter(
    (each) =>
      (service === undefined || each.service === service) &&
      (client === undefined || each.client.includes(client)) &&
      (wanted === undefined || shown(each).includes(wanted)),
  );
  if (sort !== undefined && sort !== 'started') found.sort(ORDERS[sort]);
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

const ORDERS: Readonly<Record<Exclude<Sort, 'started'>, Order>> = {
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
