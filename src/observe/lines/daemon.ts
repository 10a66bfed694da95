/** The lines of the daemon and its services: what is not about one connection. */
import { printable } from '../../text/printable.ts';
import type { DaemonEvent, ProcessName, RenewedCertificate } from '../daemon-events.ts';
import type { EventOf } from '../events.ts';
import { number, service, serviceInside, stackText, traffic } from './parts.ts';
import type { LogLine, Rows } from './row.ts';
import { DEBUG, ERROR, INFO, NOTICE, UNLOGGED, WARNING } from './row.ts';

const PANIC = 0;
const ALERT = 1;
const CRITICAL = 2;

export const DAEMON_ROWS: Rows<DaemonEvent['kind']> = {
  'configuration-reading': { level: NOTICE, text: ({ source }) => `Reading configuration from file ${source}` },
  'configuration-warning': { level: WARNING, text: ({ text }) => text },
  'configuration-successful': { level: NOTICE, text: 'Configuration successful' },
  'configuration-failed': { level: ERROR, text: 'Configuration failed' },
  'service-initializing': { level: INFO, text: (_, context) => `Initializing ${serviceInside(context)}` },
  'service-flawed': {
    level: WARNING,
    text: ({ option, text }, context) => `${service(context)}: ${option === '' ? '' : `${option}: `}${text}`,
  },
  'expiry-known': UNLOGGED,
  'expiry-near': {
    level: ({ daysLeft }) => (daysLeft <= 2 ? ERROR : daysLeft <= 7 ? WARNING : NOTICE),
    text: expiryText,
  },
  'target-lookup-delayed': { level: INFO, text: 'Cannot resolve connect target - delaying DNS lookup' },
  'service-bound': { level: INFO, text: ({ address }, context) => `${service(context)} bound to ${address}` },
  'bind-failed': {
    level: NOTICE,
    lines: ({ address, text, errno, holder }, context) => [
      { level: NOTICE, text: `Binding ${serviceInside(context)} to ${address}: ${text}${number(errno)}` },
      ...(holder === undefined ? [] : [{ level: NOTICE, text: `Service [${holder}] has ${address} already` } as const]),
    ],
  },
  'service-bind-failed': { level: ERROR, text: (_, context) => `Binding ${serviceInside(context)} failed` },
  'listening-without-tproxy': {
    level: INFO,
    text: (_, context) =>
      `${service(context)} listens without IP_TRANSPARENT (needs CAP_NET_ADMIN): REDIRECT and DNAT work, TPROXY does not`,
  },
  'socket-option-set': { level: DEBUG, text: ({ option, socket }) => `Option ${option} set on ${socket} socket` },
  'socket-option-refused': {
    level: ERROR,
    lines: ({ option, socket, text, errno }) => [
      { level: ERROR, text: `${option}: ${text}${number(errno)}` },
      { level: WARNING, text: `Failed to set ${socket} socket options` },
    ],
  },
  'dns-forwarder-bound': { level: NOTICE, text: ({ address, port }) => `DNS forwarder bound to ${address}:${port}` },
  'dns-trouble': { level: WARNING, text: ({ text }) => text },
  'program-client-starting': { level: DEBUG, text: (_, context) => `Starting exec+connect ${serviceInside(context)}` },
  'program-client-retried': { level: INFO, text: 'Retrying an exec+connect section' },
  'connection-limit': {
    level: DEBUG,
    text: ({ limit }) => (limit === undefined ? 'No limit detected for the number of clients' : `Clients allowed=${limit}`),
  },
  'too-many-clients': { level: WARNING, text: ({ limit }) => `Connection rejected: too many clients (>=${limit})` },
  'accept-failed': { level: ({ again }) => (again ? DEBUG : ERROR), text: ({ text, errno }) => `accept: ${text}${number(errno)}` },
  accepting: { level: INFO, text: 'Accepting new connections' },
  signal: {
    level: ({ signal }) => (signal === 'SIGINT' || signal === 'SIGQUIT' ? ERROR : signal === 'SIGTERM' ? NOTICE : DEBUG),
    text: signalText,
  },
  'start-option-kept': { level: WARNING, text: ({ option }) => `${option} counts at start only: it stays as it was until a restart` },
  reloaded: { level: NOTICE, text: reloadedText },
  'reload-failed': {
    level: ERROR,
    lines: ({ problems, usable }) =>
      [...problems, ...(usable ? [] : ['Configuration failed']), 'Failed to reload the configuration file'].map((text) => ({
        level: ERROR,
        text,
      })),
  },
  'files-renewed': { level: NOTICE, text: renewedText },
  'files-refused': {
    level: ERROR,
    text: ({ text }, context) => `${service(context)}: changed files not taken, the former ones serve on: ${text}`,
  },
  'list-fetched': {
    level: NOTICE,
    text: ({ url, expires }, context) =>
      `${service(context)}: revocation list fetched from ${printable(url)}, ${expires === undefined ? 'without an end' : `until ${day(expires)}`}`,
  },
  'list-not-fetched': {
    level: ERROR,
    text: ({ url, text }, context) => `${service(context)}: revocation list not fetched from ${printable(url)}: ${text}`,
  },
  'staple-not-fetched': {
    level: WARNING,
    text: ({ text }, context) => `${service(context)}: no OCSP staple for our own certificate: ${printable(text)}`,
  },
  upgrading: { level: INFO, text: 'Starting the program file in the place of this process' },
  upgraded: {
    level: NOTICE,
    text: ({ version, pid, ms }) => `Process ${pid} serves in the place of this one after ${Math.round(ms)} ms (version ${version})`,
  },
  'upgrade-failed': {
    level: ERROR,
    lines: ({ problems }) => [...problems, 'Failed to upgrade: this process serves on'].map((text) => ({ level: ERROR, text })),
  },
  'certificate-awaited': {
    level: WARNING,
    text: ({ names, directory }, context) =>
      `${service(context)}: no certificate for ${names.join(', ')} yet: handshakes fail until ${printable(directory)} has issued it`,
  },
  'certificate-issued': {
    level: NOTICE,
    text: ({ names, directory, expires }, context) =>
      `${service(context)}: certificate for ${names.join(', ')} issued by ${printable(directory)}, until ${day(expires)}`,
  },
  'certificate-not-issued': {
    level: ERROR,
    text: ({ names, directory, text, againMs, near }, context) =>
      `${service(context)}: no new certificate for ${names.join(', ')} from ${printable(directory)}: ${text}; ` +
      `next try in ${Math.ceil(againMs / 1000)} seconds${near ? '; the time is running out' : ', the former one serves on'}`,
  },
  'log-reopened': { level: NOTICE, text: 'Log file reopened' },
  'log-reopen-failed': { level: ERROR, text: ({ text }) => text },
  'records-lost': {
    level: WARNING,
    text: ({ count, sink, why }) => `${count} record(s) could not be written to ${sink}: ${why}`,
  },
  'log-lines-lost': { level: WARNING, text: ({ count, sink, why }) => `${count} log line(s) for ${sink} lost: ${why}` },
  'connections-listing': { level: PANIC, text: 'Active connections:' },
  'connection-listed': {
    level: PANIC,
    text: ({ id, service: name, toTls, toPlain }) => `Active connection ${id}: Service [${name}], ${traffic(toTls, toPlain)}`,
  },
  'connections-listed': { level: PANIC, text: ({ count }) => `Listed ${count} active connection(s)` },
  draining: {
    level: NOTICE,
    text: ({ connections, limitMs }) => `Waiting up to ${Math.ceil(limitMs / 1000)} seconds for ${connections} connection(s) to finish`,
  },
  'cutting-off': { level: NOTICE, text: ({ connections }) => `Cutting off ${connections} connection(s)` },
  'interception-lost': { level: ({ what }) => (what === 'guard' ? WARNING : ERROR), text: ({ what }) => LOST[what] },
  'interception-not-restored': {
    level: ({ what }) => (what === 'guard' ? ERROR : CRITICAL),
    text: ({ what, text }) => (what === 'guard' ? text : `The interception rules cannot be put back: ${text}`),
  },
  'undoing-lost': {
    level: ERROR,
    text: 'The helper that undoes the changes of the gateway has ended: when this process has ended, run `overcoat gateway down` as root',
  },
  'device-renamed': {
    level: WARNING,
    text: ({ device, to }) =>
      `The device ${device} is called ${to} now: what comes from it is still taken, until it is unplugged; start again with --from ${to}`,
  },
  'device-gone': {
    level: ERROR,
    text: ({ device }) =>
      `The device ${device} is gone: nothing comes from it. It is taken again when one of this name is back; one of another name wants --from NAME`,
  },
  'device-back': { level: NOTICE, text: ({ device }) => `The device ${device} is back, and taken as before` },
  'tracking-full': {
    level: ERROR,
    text: ({ count, max }) =>
      `The kernel's table of connections is full (${count} of ${max}), new ones are dropped: sysctl -w net.netfilter.nf_conntrack_max=${2 * max}`,
  },
  'sent-in-clear': {
    level: WARNING,
    text: ({ host, port, protocol, remedy }) => `${host} sends ${protocol} in clear to port ${port}; ${remedy}`,
  },
  'unwrapped-counted': UNLOGGED,
  'datagrams-refused': {
    level: WARNING,
    text: 'The command sent datagrams (UDP as of QUIC, or ICMP), which are refused inside; what falls back to TCP is wrapped. Said once',
  },
  'given-up': { level: ALERT, text: ({ why }) => why },
  defect: { level: CRITICAL, lines: ({ text, stack }) => withStack(`INTERNAL ERROR: ${text}`, stack) },
  'worker-ended': { level: CRITICAL, lines: (event) => withStack(workerEndText(event), event.stack) },
  'worker-replaced': { level: NOTICE, text: ({ worker, ms }) => `${nameOf(worker)} replaced after ${Math.round(ms)} ms` },
  'worker-failed': { level: ERROR, text: ({ worker, text }) => `${nameOf(worker)}: ${text}` },
  'process-refused': {
    level: CRITICAL,
    text: ({ pid }) =>
      `Process ${pid} of this Overcoat, which the network reaches, asked for orders at the control socket and was refused: was it taken over?`,
  },
  'programs-exceeded': {
    level: ERROR,
    text: ({ worker, most }) =>
      `${nameOf(worker)} asks for more programs than its connections need: no more than ${most} run at once, and what comes too fast waits`,
  },
  'reader-lost': { level: ({ left }) => (left > 0 ? WARNING : ERROR), text: readerLostText },
  'spare-worker-ready': { level: DEBUG, text: 'A spare worker is ready' },
  'no-spare-worker': { level: WARNING, text: ({ why }) => `No spare worker can be made: ${why}` },
  message: { level: ({ level }) => level, text: ({ text }) => text },
};

const LOST = {
  rules: 'The interception rules were lost (nft ended); putting them back',
  guard:
    'The table overcoat_guard was removed by somebody else (a firewall reload?); putting it back. Let that one leave it alone: no `flush ruleset`',
  tables:
    'The rules of `overcoat gateway up` were removed by somebody else (a firewall reload?): what passed meanwhile went in clear; putting them back. ' +
    'Let that one leave the tables overcoat and overcoat_guard alone: no `flush ruleset`',
} as const;

function reloadedText({ ms, changes }: EventOf<'reloaded'>): string {
  const { added, removed, changed, renewed } = changes;
  const parts = [...counted('added', added), ...counted('removed', removed), ...counted('changed', changed), ...renewed.map(renewalText)];
  return `Reloaded in ${Math.round(ms)} ms: ${parts.length === 0 ? 'no service has changed' : parts.join('; ')}`;
}

const EXPIRING = {
  certificate: { what: 'our certificate', fix: 'renew it' },
  peer: { what: 'the accepted certificate of a peer', fix: 'ask its owner for the next one' },
  authority: { what: 'the trusted authority', fix: 'add the one that follows it' },
  'revocation-list': { what: 'the revocation list of', fix: 'fetch a new one' },
} as const;

function expiryText({ of, name, expires, daysLeft, services }: EventOf<'expiry-near'>): string {
  const { what, fix } = EXPIRING[of];
  const when = daysLeft < 0 ? `ended on ${day(expires)}` : `ends in ${daysLeft} day(s), on ${day(expires)}`;
  return `${what[0]?.toUpperCase()}${what.slice(1)} ${printable(name)} ${when}: ${fix}; ${counted('used by', services).join('')}`;
}

function renewalText({ service: name, expired, expires }: RenewedCertificate): string {
  return `certificate of [${name}] renewed until ${day(expires)} (was ${day(expired)})`;
}

function renewedText({ services, renewed, files }: EventOf<'files-renewed'>): string {
  const others = services.filter((name) => !renewed.some((each) => each.service === name));
  const shown = files.slice(0, MOST_NAMES).join(', ');
  const more = files.length > MOST_NAMES ? ` and ${files.length - MOST_NAMES} more` : '';
  return `Renewed from ${shown}${more}: ${[...renewed.map(renewalText), ...counted('read again for', others)].join('; ')}`;
}

/** More names than these are only counted. */
const MOST_NAMES = 8;

function counted(what: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
  const shown = names.slice(0, MOST_NAMES).map((name) => `[${name}]`);
  return [`${what} ${shown.join(' ')}${more}`];
}

function day(at: number): string {
  return Number.isNaN(at) ? 'an unknown date' : new Date(at).toISOString().slice(0, 10);
}

function signalText({ signal }: EventOf<'signal'>): string {
  if (signal === 'SIGTERM') return 'Terminated';
  return signal === 'SIGINT' || signal === 'SIGQUIT' ? `Received ${signal}; terminating` : `Received ${signal}`;
}

function nameOf(name: ProcessName): string {
  if (name === 'reader') return 'The reader of renewed files';
  return name === 'service' ? 'The service process' : `Worker ${name}`;
}

function workerEndText({ worker, why, connectionsLost, waitMs }: EventOf<'worker-ended'>): string {
  const lost = typeof worker === 'string' ? '' : `; ${connectionsLost} connection(s) lost`;
  const wait = waitMs === 0 ? '' : `; it ended before, so the next one begins in ${waitMs} ms`;
  return `${nameOf(worker)} ended: ${why}${lost}${wait}`;
}

function readerLostText({ left }: EventOf<'reader-lost'>): string {
  if (left > 0) return 'Renewed files are seen by the last process that may read them: no other can be made before a restart';
  return 'Renewed files are not seen any more until a restart: no process is left that may read them';
}

/** The stack goes to debug. */
function withStack(text: string, stack: string | undefined): readonly LogLine[] {
  const line: LogLine = { level: CRITICAL, text };
  return stack === undefined ? [line] : [line, { level: DEBUG, text: stackText(stack) }];
}
