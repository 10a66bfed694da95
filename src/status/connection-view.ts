/** One connection as the API and records write it. */
import { isPostQuantum } from './ledger/count-event.ts';
import type { OpenConnection } from './ledger/open-connection.ts';
import { seconds, timeText } from './time-text.ts';

/** An open connection as the API has it. @param now in milliseconds since 1970: its duration is reckoned to there */
export function connectionView(each: OpenConnection, now: number): object {
  const { connection, id, service, mode, client, name, nameSource, originalDestination, upstream, tls, passedOn } = each;
  return {
    connection,
    id,
    service,
    mode,
    client,
    name,
    nameSource,
    originalDestination,
    upstream,
    startedAt: timeText(each.startedAt),
    seconds: seconds(now - each.startedAt),
    stage: each.stage,
    toTls: each.toTls,
    toPlain: each.toPlain,
    bytesPerSecond: Math.round(each.bytesPerSecond),
    silent: each.silent,
    silentSeconds: each.stage === 'relay' ? seconds(now - each.movedAt) : 0,
    tls: tls === undefined ? null : tlsView(tls),
    verified: each.verified,
    passedOn,
    peerSha256: each.peerSha256,
  };
}

/** What its handshake agreed on, as the API and records have it. */
export function tlsView({ protocol, cipher, group, resumed }: NonNullable<OpenConnection['tls']>): object {
  return { version: protocol, cipher, group, postQuantum: isPostQuantum(group), resumed };
}
