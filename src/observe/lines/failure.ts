/**
 * The one line a failed connection ends with: who, where, at which stage, the code of docs/errors.md, why in plain words, and what to do
 * about it. Log, `exec` and whoever else shows failures take it from here, so that all of them say the same.
 */
import { wordFor } from '../../config/flag-names.ts';
import type { ErrorCode, OvercoatError } from '../../errors.ts';
import { ERROR_CATALOGUE } from '../../errors.ts';
import type { FailedAttempt, FailedSide, FailureCause } from '../../failure-cause.ts';
import { isUntold } from '../../failure-cause.ts';
import { printable } from '../../text/printable.ts';
import type { EventContext, EventOf, Parties } from '../events.ts';
import { alertMeaning, COMPARE_KEYS } from './alert-meaning.ts';
import { certificateExplanation } from './certificate-failure.ts';
import type { CauseOf, Explanation } from './explanation.ts';
import type { Words } from './option-words.ts';
import { wordsFor } from './option-words.ts';
import { FIELD, seconds, targetText } from './parts.ts';

/** What an error of ours and the end of a connection both have. */
export type Failure = Pick<OvercoatError, 'code' | 'message' | 'because'>;

/** @returns undefined for an end that is no failure, and for one of a flood that is only counted */
export function failureText({ reason, parties, stage }: EventOf<'closed'>, context: EventContext): string | undefined {
  if (reason.kind !== 'failed' || isUntold(reason.because)) return undefined;
  const where = `service [${context.service?.name ?? ''}], stage ${stage}`;
  return `Connection failed: ${partiesText(parties)}, ${where}, ${reasonText(reason, context)}`;
}

/** `CODE: why. What to do.` */
export function reasonText(failure: Failure, context: EventContext): string {
  const { why, remedy } = explanation(failure, context);
  return `${failure.code}: ${why} ${remedy}`;
}

/** Both as sentences, for those who show them apart. */
export function explanation({ code, message, because }: Failure, context: EventContext): Explanation {
  const { why, remedy } = explain(code, message, because, context);
  return { why: sentence(why), remedy: sentence(capital(remedy)) };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `192.0.2.7:4000 -> www.example.org (203.0.113.4:443)`; an address that is also the name is said once. */
function partiesText({ client, name, address }: Parties): string {
  return `${client === '' ? 'a client' : printable(client, FIELD)} -> ${targetText(name, address) || 'nowhere yet'}`;
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** @param message the sentence of the failure itself */
function explain(code: ErrorCode, message: string, because: FailureCause, context: EventContext): Explanation {
  const words = wordsFor(context.service);
  const usual = words.hint(code) ?? ERROR_CATALOGUE[code].hint;
  switch (because.kind) {
    case 'certificate':
      return certificateExplanation(because, words);
    case 'alert':
      return alertMeaning(because, words, who(because.from, context));
    case 'not-tls':
      return notTls(because, words, who(because.from, context));
    case 'gone':
      return gone(because, who(because.side, context), words.probe ?? usual);
    case 'tls-library':
      return libraryExplanation(because, words, who(context.service?.mode === 'server' ? 'client' : 'upstream', context), usual);
    case 'pre-shared-key':
      return {
        why:
          because.fault === 'other-key'
            ? 'the pre-shared key of the client is another than ours for its identity'
            : 'the client names no identity of `PSKsecrets`, and this service has no certificate to show instead',
        remedy: COMPARE_KEYS,
      };
    case 'unreachable':
      return { why: attemptsText(because.attempts, because.triedMs), remedy: unreachableRemedy(because.attempts, words, usual) };
    case 'unresolved':
      return unresolved(because, message, usual);
    case 'limit':
      return limitExplanation(because, words, who(because.side, context));
    case 'over-limit':
      return overLimit(because, context);
    case 'unknown-server-name':
      return {
        why: `the client asks for the server name ${printable(because.name, FIELD)}, which no service here has`,
        remedy: 'add a service with `sni = SERVICE:PATTERN` for that name, or correct the name on the client',
      };
    case 'told':
      return { why: printable(message, 4 * FIELD), remedy: usual };
  }
}

function who(side: FailedSide, { service }: EventContext): string {
  if (side === 'client') return 'the client';
  return service?.mode === 'server' ? 'the upstream' : 'the server';
}

function notTls({ from, protocol, option, begins }: CauseOf<'not-tls'>, words: Words, peer: string): Explanation {
  const begin = `"${printable(begins.slice(0, 24))}"`;
  const why =
    protocol === ''
      ? `${peer} does not speak TLS: it begins with ${begin}`
      : `${peer} speaks ${protocol} in clear, not TLS: it begins with ${begin}`;
  if (option !== '')
    return { why, remedy: `if it offers STARTTLS, say so with ${words.protocol(option)}; else use the port on which it speaks TLS` };
  return {
    why,
    remedy:
      from === 'client'
        ? 'let the client speak TLS to this port'
        : 'use the port on which it speaks TLS, or do without Overcoat for this one',
  };
}

function gone({ side, said }: CauseOf<'gone'>, peer: string, look: string): Explanation {
  const why = said ? `${peer} left in the middle of the handshake without saying why` : `${peer} closed the connection without a word`;
  if (side === 'client')
    return { why, remedy: 'a port scan or a health check looks like this; else see what the client says about our certificate' };
  return { why, remedy: `it may speak no TLS on this port, refuse this address, or need a server name; ${look}` };
}

/** Reasons of OpenSSL that a user can do something about. */
const LIBRARY: ReadonlyMap<string, (peer: string, words: Words) => Explanation> = new Map<
  string,
  (peer: string, words: Words) => Explanation
>([
  [
    'unsupported protocol',
    (peer, { options }) => ({
      why: `${peer} offers only TLS versions that are switched off here`,
      remedy: `update it, or lower ${options('sslVersionMin')} if you must`,
    }),
  ],
  [
    'no shared cipher',
    (peer, { options }) => ({
      why: `${peer} and this service have no cipher in common`,
      remedy: `compare what it offers with ${options('`ciphers` and `ciphersuites`')}; an RSA or ECDSA certificate decides too`,
    }),
  ],
  [
    'no suitable key share',
    (peer, { options }) => ({ why: `${peer} offers no group of \`curves\``, remedy: `add one that it has to ${options('`curves`')}` }),
  ],
  [
    'no suitable signature algorithm',
    (peer) => ({
      why: `${peer} takes no signature that our certificate can make`,
      remedy: 'use a certificate of another kind (RSA, ECDSA)',
    }),
  ],
  [
    'dh key too small',
    (peer, { options }) => ({
      why: `${peer} uses Diffie-Hellman parameters that are too small`,
      remedy: `it must be updated; what refuses them is ${options('`securityLevel`')}`,
    }),
  ],
  [
    'unsafe legacy renegotiation disabled',
    (peer) => ({ why: `${peer} is too old for secure renegotiation (RFC 5746)`, remedy: 'it must be updated' }),
  ],
  ['bad extension', (peer) => ({ why: `${peer} sent a TLS extension that is malformed`, remedy: 'it must be updated' })],
]);

function libraryExplanation({ reason, text }: CauseOf<'tls-library'>, words: Words, peer: string, usual: string): Explanation {
  return LIBRARY.get(reason)?.(peer, words) ?? { why: `the TLS library says: ${printable(text, 2 * FIELD)}`, remedy: usual };
}

function attemptsText(attempts: readonly FailedAttempt[], triedMs: number): string {
  const [first] = attempts;
  if (first === undefined) return 'there is no address to connect to';
  const shown = attempts.slice(0, 3).map(attemptText);
  const more = attempts.length > 3 ? ` and ${attempts.length - 3} more` : '';
  const retried = triedMs >= 1000 ? ` (tried for ${seconds(triedMs)})` : '';
  return `${attempts.length === 1 ? 'no connection' : `none of ${attempts.length} addresses answered`}: ${shown.join(', ')}${more}${retried}`;
}

function attemptText({ address, call, text, errno }: FailedAttempt): string {
  const said = lower(printable(text, FIELD));
  return `${printable(address, FIELD)}: ${errno === 0 || call === 'connect' ? said : `${call}: ${said}`}`;
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

const ECONNREFUSED = 111;

/** What to do where our end of the connection could not be made: nobody was asked anything. */
const OWN_END: ReadonlyMap<string, string> = new Map([
  ['local', 'name an address of the same family as the target with `local`, or a target of its family'],
  ['transparent', 'with `transparent = source` a target must have an address of the same family as the client'],
  ['bind', 'the address to connect from (`local`) must be one of this machine; `ip -br address` lists them'],
  ['setsockopt IP_TRANSPARENT', 'connecting from the address of the client (`transparent = source`) needs root, or CAP_NET_ADMIN'],
  [
    'setsockopt SO_BINDTODEVICE (remote socket)',
    'the `socket` line must name a device of this machine, which `ip -br link` lists; to one that is there this process may lack the right',
  ],
]);

function unreachableRemedy(attempts: readonly FailedAttempt[], { redial }: Words, usual: string): string {
  const [first] = attempts;
  if (first !== undefined && attempts.every(({ call }) => call === first.call)) {
    const remedy = OWN_END.get(first.call);
    if (remedy !== undefined) return remedy;
  }
  if (attempts.every(({ errno }) => errno === ECONNREFUSED))
    return `nothing listens there: start it, or correct the port${redial === undefined ? '' : `; ${redial} waits for it`}`;
  return usual;
}

function unresolved({ names, servers }: CauseOf<'unresolved'>, message: string, usual: string): Explanation {
  if (names.length === 0) return { why: message, remedy: usual };
  const which = servers.length === 0 ? 'no name server is configured' : `asked: ${servers.slice(0, 3).join(', ')}`;
  const said = names.slice(0, 3).map(({ host, text }) => `${printable(host, FIELD)}: ${printable(text, FIELD)}`);
  return { why: `the name has no address (${said.join('; ')}; ${which})`, remedy: usual };
}

function overLimit({ limit, source, most, untold }: CauseOf<'over-limit'>, { service }: EventContext): Explanation {
  const option = service === undefined ? limit : wordFor(limit, service);
  const whose = source === '' ? 'all clients together' : printable(source, FIELD);
  const more = untold === 0 ? '' : `; ${untold} more were refused since this was last said`;
  if (limit === 'clientsPerAddress') {
    return {
      why: `${whose} has ${most} connection(s) open, as many as ${option} allows${more}`,
      remedy: `raise ${option} where many clients share an address, or let a load balancer say who they are (PROXY header)`,
    };
  }
  return {
    why: `${whose} began more than the ${most} connection(s) a second that ${option} allows${more}`,
    remedy: `raise ${option} if these are good clients; else see whose they are`,
  };
}

/** Has the kernel find out by itself what a link lets through whose routers do not say so. */
const PROBE = 'try sysctl -w net.ipv4.tcp_mtu_probing=1';

function limitExplanation({ limit, ms, side, said }: CauseOf<'limit'>, words: Words, peer: string): Explanation {
  const option = words.limit(limit);
  const so =
    said === undefined ? 'did not finish what comes first' : said ? 'began the TLS handshake and did not finish it' : 'said nothing';
  const cure = option === undefined ? '' : `, or raise ${option}`;
  const why = `${peer} ${so} within ${seconds(ms)}`;
  if (side === 'client') return { why, remedy: `see whether the client speaks what this service expects${cure}` };
  if (said === undefined) return { why, remedy: `see whether it speaks the protocol that this end expects${cure}` };
  const lost = said ? '' : `; or packets as large as ours get lost on the way (${PROBE})`;
  return { why, remedy: `it may speak another protocol than TLS on this port, or wait for the client to speak first${cure}${lost}` };
}
