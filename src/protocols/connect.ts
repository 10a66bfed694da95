/**
 * HTTP CONNECT (RFC 9110 section 9.3.6). In client mode our upstream is an HTTP proxy, asked in clear to connect us to
 * `protocolHost`, with which TLS then is spoken. In server mode we are asked in clear, answer, and then speak TLS with the client;
 * the target is dialled only after the client was accepted.
 */

import type { HostPort } from '../address/authority.ts';
import { parseHostPort, splitHostPort, withBrackets } from '../address/authority.ts';
import { OvercoatError } from '../errors.ts';
import { reveal } from '../secret.ts';
import { encodeText } from '../text/raw-text.ts';
import type { Conversation } from './conversation.ts';
import { dial, failed, quoted, refuse, startTls, write } from './conversation.ts';
import type { ResponseHead } from './http-response.ts';
import { readHead, skipBody, valuesOf } from './http-response.ts';
import type { ConversationInput } from './input.ts';
import { readLine, startsWith, upper } from './lines.ts';
import { authenticateMessage, negotiateMessage, parseChallenge } from './ntlm.ts';
import { admitTarget } from './target-rules.ts';

export function* connectClient({ config }: ConversationInput): Conversation {
  const { host, username, password, domain } = config;
  if (host === undefined) throw failed('protocolHost not specified');
  const { host: name, port } = splitHostPort(host);
  const target = port === undefined ? host : `${withBrackets(name)}:${port}`;
  const user =
    username === undefined || password === undefined ? undefined : { username, domain: domain ?? '', password: reveal(password) };

  /** What no message may have of an answer. */
  const secrets = [...config.headers.map(contentOf), user?.password ?? ''];
  const askAs = (credentials: string): Conversation<ResponseHead> => {
    secrets.push(contentOf(credentials));
    return ask(target, [...config.headers, credentials], secrets);
  };
  let response: ResponseHead;
  if (user === undefined) {
    response = yield* ask(target, config.headers, secrets);
  } else if (config.authentication === 'ntlm') {
    const offer = [...config.headers, 'Proxy-Connection: keep-alive', authorization('NTLM', negotiateMessage())];
    const offered = yield* ask(target, offer, secrets);
    const challenge = ntlmChallenge(offered, secrets);
    yield* skipBody('upstream', offered);
    response = yield* askAs(authorization('NTLM', authenticateMessage(challenge, user)));
  } else {
    response = yield* askAs(authorization('Basic', encodeText(`${user.username}:${user.password}`)));
  }
  if (response.status < 200 || response.status > 299) throw notOk(response, secrets);
  yield* startTls('upstream');
}

export function* connectServer({ rules }: ConversationInput): Conversation {
  const request = yield* readLine('client');
  const authority = parseRequest(request);
  if (authority === undefined) return yield* reject('400 Bad Request', failed(notConnect(request)));
  while ((yield* readLine('client')) !== '');
  const { host, port } = authority;
  const admission = yield* admitTarget(host, port, rules);
  if (admission.kind === 'unresolved') {
    return yield* reject('404 Not Found', new OvercoatError('upstream_unresolved', `CONNECT to ${quoted(host)}: ${admission.why}`));
  }
  if (admission.kind === 'refused') {
    return yield* reject(
      '403 Forbidden',
      new OvercoatError('destination_refused', `CONNECT to ${quoted(`${host}:${port}`)}: ${admission.why}`),
    );
  }
  yield* startTls('client', 'HTTP/1.1 200 Connection established\r\n\r\n');
  const outcome = yield* dial(admission.target);
  if (!outcome.connected) throw outcome.error;
}

/** Sends one request and reads the head of the answer. */
function* ask(target: string, headers: readonly string[], secrets: readonly string[]): Conversation<ResponseHead> {
  const lines = [`CONNECT ${target} HTTP/1.1`, `Host: ${target}`, ...headers, '', ''];
  yield* write('upstream', Buffer.from(lines.join('\r\n'), 'utf8'));
  return yield* readHead('upstream', secrets);
}

function notOk({ statusLine }: ResponseHead, secrets: readonly string[]): OvercoatError {
  return failed(`The proxy answered CONNECT with ${quoted(statusLine, secrets)}`);
}

function contentOf(header: string): string {
  return header.slice(header.indexOf(':') + 1).trim();
}

/** RFC 7617 (Basic) and RFC 4559 section 5 (NTLM): a scheme and base64. */
function authorization(scheme: 'Basic' | 'NTLM', credentials: Buffer): string {
  return `Proxy-Authorization: ${scheme} ${credentials.toString('base64')}`;
}

function ntlmChallenge(response: ResponseHead, secrets: readonly string[]): NonNullable<ReturnType<typeof parseChallenge>> {
  if (response.status !== 407) throw notOk(response, secrets);
  const [value] = valuesOf(response, 'proxy-authenticate').filter((text) => startsWith(text, 'NTLM '));
  const challenge = value === undefined ? undefined : parseChallenge(Buffer.from(value.slice(5), 'base64'));
  if (challenge === undefined) throw failed('The proxy sent no NTLM challenge');
  return challenge;
}

/** `CONNECT host:port HTTP/1.x` */
function parseRequest(line: string): HostPort | undefined {
  const [method, authority = '', version = '', ...more] = line.split(' ');
  if (upper(method ?? '') !== 'CONNECT' || !startsWith(version, 'HTTP/1.') || more.length > 0) return undefined;
  return parseHostPort(authority);
}

/** Of a request that is no CONNECT only its method is said: behind it may stand passwords. */
function notConnect(line: string): string {
  const [method = ''] = line.split(' ', 1);
  return upper(method) === 'CONNECT'
    ? 'The client sent a CONNECT request that cannot be read'
    : `The client sent no CONNECT request but ${quoted(method)}`;
}

function* reject(status: string, error: OvercoatError): Conversation<never> {
  return yield* refuse('client', `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, error);
}
