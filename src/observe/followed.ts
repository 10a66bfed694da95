/**
 * The kinds of events that are counted, kept in records and shown while somebody follows the process (`control`, `status`, `records`).
 * Here and not beside those who use them, because a worker has to know which ones to send.
 */
import type { EventKind } from './events.ts';

const FOLLOWED = [
  'started',
  'accepted',
  'proxied',
  'original-destination',
  'server-name',
  'server-name-requested',
  'passed-on',
  'upstream-connected',
  'connect-failed',
  'connect-refused',
  'connect-timeout',
  'resolve-failed',
  'certificate-shown',
  'handshake-finished',
  'redirected',
  'alert',
  'closed',
  'service-bound',
  'service-flawed',
  'expiry-known',
  'configuration-reading',
  'reloaded',
  'reload-failed',
  'files-renewed',
  'files-refused',
  'expiry-near',
  'list-fetched',
  'list-not-fetched',
  'certificate-awaited',
  'certificate-issued',
  'certificate-not-issued',
  'log-lines-lost',
  'accept-failed',
  'too-many-clients',
  'turned-away',
  'sent-in-clear',
  'unwrapped-counted',
  'draining',
  'worker-ended',
  'worker-replaced',
  'worker-failed',
  'reader-lost',
  'no-spare-worker',
  'process-refused',
  'programs-exceeded',
  'defect',
  'records-lost',
  'log-reopen-failed',
  'dns-trouble',
  'interception-lost',
  'interception-not-restored',
  'undoing-lost',
  'device-gone',
  'device-renamed',
  'device-back',
  'tracking-full',
] as const satisfies readonly EventKind[];

export type FollowedKind = (typeof FOLLOWED)[number];

const KINDS: ReadonlySet<EventKind> = new Set(FOLLOWED);

export function isFollowed(kind: EventKind): kind is FollowedKind {
  return KINDS.has(kind);
}
