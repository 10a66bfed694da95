/** The lines of a connection, TLS aside. */
import type { ErrorCode } from '../../errors.ts';
import { printable } from '../../text/printable.ts';
import { hideStreamKey } from '../../text/secret-parts.ts';
import type { ConnectionEvent, EventContext, EventOf } from '../events.ts';
import { failureText } from './failure.ts';
import { detail, detailed, number, seconds, service, stackText, traffic } from './parts.ts';
import type { LogLine, Rows } from './row.ts';
import { DEBUG, ERROR, INFO, NOTICE, UNLOGGED, WARNING } from './row.ts';
import type { TlsKind } from './tls.ts';

/** Failures whose own line was already written by an event of the step; repeating them would say everything twice. */
const TOLD: ReadonlySet<ErrorCode> = new Set([
  'exec_program',
  'upstream_refused',
  'upstream_timeout',
  'setup_timeout',
  'access_refused',
  'destination_loop', // stunnel has no such line: the failure says all of it
  'access_too_many_clients',
  'access_too_many_handshakes',
]);

/** What stunnel only warns of, or would. */
const WARNED: ReadonlySet<ErrorCode> = new Set(['access_refused', 'access_too_many_clients', 'access_too_many_handshakes']);

export const CONNECTION_ROWS: Rows<Exclude<ConnectionEvent['kind'], TlsKind | 'ocsp'>> = {
  started: { level: DEBUG, text: (_, context) => `${service(context)} started` },
  finished: { level: DEBUG, text: ({ left }, context) => `${service(context)} finished (${left} left)` },
  accepted: { level: NOTICE, text: ({ client }, context) => `${service(context)} accepted connection from ${client}` },
  proxied: {
    level: NOTICE,
    text: ({ client, by }, context) => `${service(context)} accepted connection from ${client} (PROXY header of ${by})`,
  },
  'turned-away': UNLOGGED,
  'client-vanished': {
    level: ERROR,
    text: ({ errno }) => `getpeerbyname (local_rfd): Transport endpoint is not connected${number(errno)}`,
  },
  'access-checked': {
    level: ({ permitted, problem }) => (problem !== undefined ? ERROR : permitted ? DEBUG : WARNING),
    lines: ({ client, permitted, problem }, context) => [
      ...(problem === undefined ? [] : [{ level: ERROR, text: problem } as const]),
      {
        level: permitted ? DEBUG : detail(WARNING, context),
        text: `${service(context)} ${permitted ? 'permitted' : 'REFUSED'} by libwrap from ${client}`,
      },
    ],
  },
  'original-destination': { level: INFO, text: ({ address, by }) => `Original destination: ${address} (${by})` },
  'server-name': { level: NOTICE, text: serverNameText },
  'server-name-unverified': { level: WARNING, text: ({ why }) => `No server name is known, so none is verified: ${why}` },
  'server-name-differs': {
    level: WARNING,
    text: ({ name, lookedUp }) => `The client names ${name}, but had looked up ${lookedUp.join(' and ')} for this address`,
  },
  'passed-on': {
    level: NOTICE,
    text: ({ name }) => `Client speaks TLS: handed through, not verified by us${name === '' ? '' : ` (${printable(name)})`}`,
  },
  'rtmp-rewritten': { level: INFO, text: ({ tcUrl }) => `RTMP: tcUrl is ${printable(hideStreamKey(tcUrl, () => '***'))} from here on` },
  'rtmp-unchanged': { level: WARNING, text: ({ why }) => `The RTMP client is passed on as it is: ${why}` },
  failover: {
    level: INFO,
    text: ({ strategy, entry }) => `failover: ${strategy === 'rr' ? 'round-robin' : 'priority'}, starting at entry #${entry}`,
  },
  'former-target': {
    level: ({ outcome }) => (outcome === 'unknown' ? NOTICE : INFO),
    text: (event) => `persistence: ${formerTargetText(event)}`,
  },
  'resolve-failed': detailed(ERROR, ({ host, text }) => `Error resolving "${printable(host)}": ${text}`),
  connecting: { level: INFO, text: ({ address }) => `s_connect: connecting ${address}` },
  'upstream-connected': {
    level: NOTICE,
    lines: ({ address, local, kept }, context) => [
      { level: NOTICE, text: `s_connect: connected ${address}` },
      ...(kept ? [{ level: INFO, text: `persistence: ${address} cached` } as const] : []),
      { level: NOTICE, text: `${service(context)} connected remote server from ${local}` },
    ],
  },
  'connect-failed': detailed(ERROR, ({ address, call, text, errno }) =>
    call === 'connect' ? `s_connect: connect ${address}: ${text}${number(errno)}` : `s_connect: ${call}: ${text} (${errno})`,
  ),
  'connect-refused': detailed(ERROR, ({ text }) => text),
  'connect-timeout': detailed(ERROR, ({ address }) => `s_connect: s_poll_wait ${address}: TIMEOUTconnect exceeded`),
  'no-more-addresses': detailed(ERROR, () => 'No more addresses to connect'),
  redialling: {
    level: WARNING,
    text: ({ inMs, leftMs }) => `No address answers: trying again in ${seconds(inMs)}, for ${seconds(leftMs)} more while the client waits`,
  },
  'program-started': { level: INFO, text: ({ pid }) => `Local mode child started (PID=${pid})` },
  'program-ended': {
    level: INFO,
    text: ({ pid, code, signal }) => `Child process ${pid} ${signal === null ? `finished with code ${code}` : `terminated on ${signal}`}`,
  },
  'program-failed': detailed(ERROR, ({ path, text, errno }) => `exec ${printable(path)}: ${text}${number(errno)}`),
  'limit-exceeded': { level: INFO, text: ({ limit, action }) => `${limit} exceeded: ${action}` },
  redirected: { level: NOTICE, text: 'Redirecting connection' },
  alert: UNLOGGED,
  'tls-cut-off': {
    level: ({ taken }) => (taken === 'for its end' ? INFO : ERROR),
    text: ({ taken }) =>
      taken === 'for its end' ? 'TLS socket closed (SSL_read)' : 'TLS closed without close_notify: the stream was cut off',
  },
  closed: { level: ({ reason }) => (reason.kind === 'failed' ? ERROR : NOTICE), lines: closeLines },
};

function serverNameText({ name, source, detail }: EventOf<'server-name'>): string {
  if (name === '') return `Server name: unknown (${printable(detail)})`;
  return `Server name: ${printable(name)} (${source}${detail === '' ? '' : `: ${printable(detail)}`})`;
}

function formerTargetText({ address, outcome }: EventOf<'former-target'>): string {
  if (outcome === 'unknown') return 'No cached address found';
  return `${address} ${outcome === 'reused' ? 'reused' : 'not available'}`;
}

/** stunnel's words: the remote (dialled) side first, where the two differ. */
function endingText({ client, upstream }: EventOf<'closed'>['ending']): string {
  const word = (how: 'close' | 'reset'): string => (how === 'close' ? 'closed' : 'reset');
  return client === upstream ? word(client) : `${word(upstream)}/${word(client)}`;
}

/** What was said before, and what is like stunnel, come first: the failure is the last that is heard of the connection. */
function closeLines(event: EventOf<'closed'>, context: EventContext): readonly LogLine[] {
  const { reason, ending, toTls, toPlain } = event;
  const last: LogLine = { level: NOTICE, text: `Connection ${endingText(ending)}: ${traffic(toTls, toPlain)}` };
  const failure = failureText(event, context);
  if (reason.kind !== 'failed' || failure === undefined) return [last];
  const { because, code, message, stack } = reason;
  const isDefect = code === 'internal';
  const said: LogLine = { level: isDefect ? ERROR : detail(ERROR, context), text: isDefect ? `INTERNAL ERROR: ${message}` : message };
  const wasTold = TOLD.has(code) || (because.kind === 'unreachable' && because.attempts.length > 0);
  const lines: LogLine[] = wasTold ? [] : [said];
  if (stack !== undefined) lines.push({ level: DEBUG, text: stackText(stack) });
  lines.push({ ...last, level: detail(NOTICE, context) });
  lines.push({ level: WARNED.has(code) ? WARNING : ERROR, text: failure });
  return lines;
}
