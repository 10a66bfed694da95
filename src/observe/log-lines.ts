/**
 * Events to log lines; the text of a line is made here, in daemon-lines.ts and in ocsp-lines.ts, and nowhere else. The wording is stunnel's where stunnel has a line for it,
 * because programs search logs for it. A line that is not wanted costs a look at its level and no text.
 */

import type { LogLevel } from '../config/config.ts';
import type { ErrorCode } from '../errors.ts';
import { assertNever } from '../errors.ts';
import { printable } from '../text/printable.ts';
import { daemonText } from './daemon-lines.ts';
import type { CloseReason, EventContext, HandshakeFacts, OvercoatEvent } from './events.ts';
import { number, service, traffic } from './line-parts.ts';
import { ocspLines, ocspUrgency } from './ocsp-lines.ts';

export interface LogLine {
  readonly level: LogLevel;
  /** Without stamp and id; fields that a peer chose are escaped and cut, the whole is not yet. */
  readonly text: string;
}

const ERROR = 3;
const WARNING = 4;
const NOTICE = 5;
const INFO = 6;
const DEBUG = 7;

/** Failures whose own line was already written by an event of the step; repeating them would say everything twice. */
const TOLD: ReadonlySet<ErrorCode> = new Set(['exec_program', 'upstream_refused', 'upstream_timeout', 'setup_timeout', 'access_refused']);

/** The most urgent level among the lines of an event: if that is not wanted, none is. */
export function urgencyOf(event: OvercoatEvent): LogLevel {
  switch (event.kind) {
    case 'note':
    case 'certificate-note':
    case 'message':
      return event.level;
    case 'connection-listed':
    case 'connections-listed':
      return 0;
    case 'connect-failed':
    case 'connect-timeout':
    case 'resolve-failed':
    case 'no-more-addresses':
    case 'service-bind-failed':
    case 'configuration-failed':
    case 'reload-failed':
    case 'accept-failed':
    case 'program-failed':
      return ERROR;
    case 'access-checked':
      return event.permitted ? DEBUG : WARNING;
    case 'connection-limit':
    case 'finished':
    case 'program-client-starting':
    case 'started':
      return DEBUG;
    case 'ocsp':
      return ocspUrgency(event);
    case 'former-target':
      return event.outcome === 'unknown' ? NOTICE : INFO;
    case 'too-many-clients':
      return WARNING;
    case 'closed':
      return event.reason.kind === 'failed' ? ERROR : NOTICE;
    case 'signal':
      return event.signal === 'SIGINT' || event.signal === 'SIGQUIT' ? ERROR : event.signal === 'SIGTERM' ? NOTICE : DEBUG;
    case 'server-name-requested':
      return event.service === undefined ? ERROR : NOTICE;
    case 'certificate-rejected':
      return WARNING;
    case 'accepted':
    case 'passed-on':
    case 'proxied':
    case 'server-name':
    case 'upstream-connected':
    case 'bind-failed':
    case 'configuration-successful':
    case 'log-reopened':
      return NOTICE;
    case 'certificate-accepted':
      return event.depth === 0 ? NOTICE : INFO;
    case 'accepting':
    case 'connecting':
    case 'failover':
    case 'original-destination':
    case 'peer-certificate':
    case 'program-client-retried':
    case 'sni-sent':
    case 'sni-disabled':
    case 'handshake-finished':
    case 'limit-exceeded':
    case 'service-bound':
    case 'program-started':
    case 'program-ended':
      return INFO;
    default:
      return assertNever(event);
  }
}

/** All lines of an event in the order they are written; the caller leaves out those above its level. */
export function linesOf(event: OvercoatEvent, context: EventContext): readonly LogLine[] {
  if (event.kind === 'handshake-finished') return handshakeLines(event.facts());
  if (event.kind === 'closed') return closeLines(event.reason, event.toTls, event.toPlain);
  if (event.kind === 'server-name-requested') return requestedNameLines(printable(event.name), event.service);
  if (event.kind === 'ocsp') return ocspLines(event, context.service);
  if (event.kind === 'upstream-connected') {
    return [
      { level: NOTICE, text: `s_connect: connected ${event.address}` },
      ...(event.kept ? [{ level: INFO, text: `persistence: ${event.address} cached` } as const] : []),
      { level: NOTICE, text: `${service(context)} connected remote server from ${event.local}` },
    ];
  }
  return [{ level: urgencyOf(event), text: textOf(event, context) }];
}

function requestedNameLines(name: string, service: string | undefined): readonly LogLine[] {
  const requested: LogLine = { level: INFO, text: `SNI: requested servername: ${name}` };
  if (service === undefined) return [requested, { level: ERROR, text: `SNI: no pattern matched servername: ${name}` }];
  return [requested, { level: NOTICE, text: `SNI: switched to service [${service}]` }];
}

type OneLineEvent = Exclude<
  OvercoatEvent,
  { readonly kind: 'handshake-finished' | 'closed' | 'ocsp' | 'upstream-connected' | 'server-name-requested' }
>;

function textOf(event: OneLineEvent, context: EventContext): string {
  switch (event.kind) {
    case 'started':
      return `${service(context)} started`;
    case 'finished':
      return `${service(context)} finished (${event.left} left)`;
    case 'failover':
      return `failover: ${event.strategy === 'rr' ? 'round-robin' : 'priority'}, starting at entry #${event.entry}`;
    case 'former-target':
      return `persistence: ${formerTargetText(event)}`;
    case 'peer-certificate':
      return `Peer certificate ${event.required ? 'required' : 'not required'}`;
    case 'accepted':
      return `${service(context)} accepted connection from ${event.client}`;
    case 'proxied':
      return `${service(context)} accepted connection from ${event.client} (PROXY header of ${event.by})`;
    case 'original-destination':
      return `Original destination: ${event.address} (${event.by})`;
    case 'server-name':
      return serverNameText(event);
    case 'passed-on':
      return `Client speaks TLS: handed through, not verified by us${event.name === '' ? '' : ` (${printable(event.name)})`}`;
    case 'connecting':
      return `s_connect: connecting ${event.address}`;
    case 'connect-failed':
      return `s_connect: connect ${event.address}: ${event.text}${number(event.errno)}`;
    case 'connect-timeout':
      return `s_connect: s_poll_wait ${event.address}: TIMEOUTconnect exceeded`;
    case 'resolve-failed':
      return `Error resolving "${printable(event.host)}": ${event.text}`;
    case 'no-more-addresses':
      return 'No more addresses to connect';
    case 'program-started':
      return `Local mode child started (PID=${event.pid})`;
    case 'program-ended':
      return `Child process ${event.pid} ${event.signal === null ? `finished with code ${event.code}` : `terminated on ${event.signal}`}`;
    case 'program-failed':
      return `exec ${printable(event.path)}: ${event.text}${number(event.errno)}`;
    case 'access-checked':
      return `${service(context)} ${event.permitted ? 'permitted' : 'REFUSED'} by libwrap from ${event.client}`;
    case 'sni-sent':
      return `SNI: sending servername: ${printable(event.name)}`;
    case 'sni-disabled':
      return 'SNI: extension disabled';
    case 'certificate-accepted':
      return `Certificate accepted at depth=${event.depth}: ${printable(event.subject)}`;
    case 'certificate-rejected':
      return `Rejected by ${event.why} at depth=${event.depth}: ${printable(event.subject)}`;
    case 'limit-exceeded':
      return `${event.limit} exceeded: ${event.action}`;
    case 'certificate-note':
    case 'note':
    case 'message':
      return event.text;
    default:
      return daemonText(event, context);
  }
}

function handshakeLines(facts: HandshakeFacts): readonly LogLine[] {
  const verb = facts.role === 'client' ? 'connected' : 'accepted';
  const session = facts.resumed ? 'previous session reused' : 'new session negotiated';
  const lines: LogLine[] = [
    { level: INFO, text: `TLS ${verb}: ${session}` },
    { level: INFO, text: `${facts.protocol} ciphersuite: ${facts.opensslCipher} (${facts.bits}-bit encryption)` },
  ];
  if (facts.group !== '') lines.push({ level: INFO, text: `Peer temporary key: ${groupText(facts)}` });
  return lines;
}

function groupText(facts: HandshakeFacts): string {
  const name = facts.group.startsWith('P-') ? `ECDH, ${facts.group}` : facts.group;
  return facts.groupBits > 0 ? `${name}, ${facts.groupBits} bits` : name;
}

function closeLines(reason: CloseReason, toTls: number, toPlain: number): readonly LogLine[] {
  const ending = reason.kind === 'finished' || reason.kind === 'close-timeout' ? 'closed' : 'reset';
  const last: LogLine = { level: NOTICE, text: `Connection ${ending}: ${traffic(toTls, toPlain)}` };
  if (reason.kind !== 'failed' || TOLD.has(reason.code)) return [last];
  const failed: LogLine = { level: ERROR, text: reason.code === 'internal' ? `INTERNAL ERROR: ${reason.message}` : reason.message };
  return reason.code === 'internal' && reason.cause instanceof Error ? [failed, stackLine(reason.cause), last] : [failed, last];
}

/** A defect of ours: the stack goes to debug, on one line. */
function stackLine(cause: Error): LogLine {
  return { level: DEBUG, text: (cause.stack ?? cause.message).split('\n').join(' | ') };
}

function serverNameText({ name, source, detail }: Extract<OvercoatEvent, { readonly kind: 'server-name' }>): string {
  if (name === '') return `Server name: unknown (${printable(detail)})`;
  return `Server name: ${printable(name)} (${source}${detail === '' ? '' : `: ${printable(detail)}`})`;
}

function formerTargetText({ address, outcome }: Extract<OvercoatEvent, { readonly kind: 'former-target' }>): string {
  if (outcome === 'unknown') return 'No cached address found';
  return `${address} ${outcome === 'reused' ? 'reused' : 'not available'}`;
}
