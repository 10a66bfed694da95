/** Which counter of the table an event moves. Bytes are not here: those of open connections are in no event (`Ledger.look`). */
import type { EventOf, OvercoatEvent } from '../../observe/events.ts';
import type { Counts } from '../metrics/metrics.ts';

export function countEvent(counts: Counts, event: OvercoatEvent, service: string): void {
  switch (event.kind) {
    case 'accepted':
      counts.add('overcoat_connections_accepted_total', { service });
      return;
    case 'server-name':
      counts.add('overcoat_server_names_total', { service, source: event.source });
      return;
    case 'passed-on':
      counts.add('overcoat_passed_on_total', { service });
      return;
    case 'upstream-connected':
      counts.record('overcoat_dial_seconds', { service }, event.ms / 1000);
      return;
    case 'connect-failed':
    case 'connect-refused':
      counts.add('overcoat_dial_failures_total', { service, why: 'refused' });
      return;
    case 'connect-timeout':
      counts.add('overcoat_dial_failures_total', { service, why: 'timeout' });
      return;
    case 'resolve-failed':
      counts.add('overcoat_dial_failures_total', { service, why: 'unresolved' });
      return;
    case 'handshake-finished':
      countHandshake(counts, event, service);
      return;
    case 'redirected':
      counts.add('overcoat_redirected_total', { service });
      return;
    case 'alert':
      counts.add('overcoat_alerts_total', { service, direction: event.direction, peer: event.peer, alert: event.name });
      return;
    case 'closed':
      countEnd(counts, event, service);
      return;
    case 'reloaded':
      counts.add('overcoat_reloads_total', { result: 'successful' });
      return;
    case 'reload-failed':
      counts.add('overcoat_reloads_total', { result: 'failed' });
      return;
    case 'files-renewed':
      for (const name of event.services) counts.add('overcoat_renewals_total', { service: name, result: 'taken' });
      return;
    case 'files-refused':
      counts.add('overcoat_renewals_total', { service, result: 'refused' });
      return;
    case 'list-fetched':
      counts.add('overcoat_list_fetches_total', { service, result: 'successful' });
      return;
    case 'list-not-fetched':
      counts.add('overcoat_list_fetches_total', { service, result: 'failed' });
      return;
    case 'certificate-issued':
      counts.add('overcoat_acme_orders_total', { service, result: 'successful' });
      return;
    case 'certificate-not-issued':
      counts.add('overcoat_acme_orders_total', { service, result: 'failed' });
      return;
    case 'too-many-clients':
      counts.add('overcoat_clients_turned_away_total', { service, limit: 'descriptors' });
      return;
    case 'turned-away':
      counts.add('overcoat_clients_turned_away_total', { service, limit: event.limit });
      return;
    case 'accept-failed':
      counts.add('overcoat_accept_failures_total', { service });
      return;
    case 'log-lines-lost':
      counts.add('overcoat_log_lines_lost_total', {}, event.count);
      return;
    case 'unwrapped-counted':
      for (const { protocol, bytes } of event.grown) counts.add('overcoat_unwrapped_bytes_total', { protocol }, bytes);
      return;
    case 'worker-ended':
      counts.add('overcoat_worker_ends_total', {});
      return;
  }
}

function countHandshake(counts: Counts, { facts, requested, ms }: EventOf<'handshake-finished'>, service: string): void {
  const { role, protocol: version, group } = facts;
  const [postQuantum, resumed] = [yesOrNo(isPostQuantum(group)), yesOrNo(facts.resumed)];
  counts.add('overcoat_handshakes_total', { service, role, version, group, post_quantum: postQuantum, resumed });
  if (requested !== '') counts.add('overcoat_server_names_total', { service, source: 'client' });
  counts.record('overcoat_handshake_seconds', { service }, ms / 1000);
}

function countEnd(counts: Counts, { reason, stage }: EventOf<'closed'>, service: string): void {
  counts.add('overcoat_connections_closed_total', { service, reason: reason.kind, stage });
  if (reason.kind !== 'failed') return;
  counts.add('overcoat_failures_total', { service, code: reason.code });
  if (reason.code === 'destination_loop') counts.add('overcoat_loops_total', { service });
}

export function isPostQuantum(group: string): boolean {
  return group.includes('MLKEM');
}

function yesOrNo(value: boolean): 'yes' | 'no' {
  return value ? 'yes' : 'no';
}
