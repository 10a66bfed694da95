/**
 * SOCKS inside TLS: version 5 (RFC 1928) with user and password (RFC 1929) in client mode; versions 4, 4a and 5 and Tor's RESOLVE in
 * server mode. Both begin once TLS is up and the peer was accepted, so nothing of SOCKS is ever in clear.
 */

import { isIPv4 } from 'node:net';
import { parseHostPort } from '../address/authority.ts';
import type { Endpoint } from '../address/endpoint.ts';
import { ipBytes, ipText, unmapped } from '../address/ip.ts';
import { OvercoatError } from '../errors.ts';
import { reveal } from '../secret.ts';
import { encodeText } from '../text/raw-text.ts';
import type { Conversation, Measured, Target } from './conversation.ts';
import { dial, failed, finish, NEED_MORE, quoted, read, readExactly, refuse, refused, startTls, whole, write } from './conversation.ts';
import type { ConversationInput } from './input.ts';
import { admitTarget } from './target-rules.ts';

const CONNECT = 0x01;
const RESOLVE = 0xf0;

const NO_AUTHENTICATION = 0x00;
const USER_AND_PASSWORD = 0x02;
const NO_METHOD = 0xff;

const IPV4 = 0x01;
const NAME = 0x03;
const IPV6 = 0x04;

/** Longest user name or host name, as in version 5, where one byte holds the length. */
const MAX_NAME_BYTES = 255;

/** Codes of RFC 1928 section 6. */
const REPLIES = [
  'succeeded',
  'general SOCKS server failure',
  'connection not allowed by ruleset',
  'network unreachable',
  'host unreachable',
  'connection refused',
  'TTL expired',
  'command not supported',
  'address type not supported',
] as const;
type ReplyText = (typeof REPLIES)[number];

/** The client side. Without protocolHost the proxy is asked for where the client was going before it was redirected. */
export function* socksClient({ config, originalDestination }: ConversationInput): Conversation {
  const wanted = config.host === undefined ? originalDestination() : parseHostPort(config.host);
  if (wanted === undefined) throw failed(`protocolHost ${quoted(config.host ?? '')} is not HOST:PORT`);
  const user = config.username === undefined ? undefined : { name: config.username, password: config.password };

  yield* startTls('upstream');
  yield* write('upstream', Buffer.from(user === undefined ? [5, 1, NO_AUTHENTICATION] : [5, 2, NO_AUTHENTICATION, USER_AND_PASSWORD]));
  const [version, method] = yield* readExactly('upstream', 2);
  if (version !== 5) throw failed(`The upstream speaks SOCKS version ${version}, not 5`);
  if (method === USER_AND_PASSWORD && user !== undefined) yield* logIn(user.name, user.password === undefined ? '' : reveal(user.password));
  else if (method !== NO_AUTHENTICATION) throw failed('The SOCKS server accepts no way of authentication that we have');

  yield* write(
    'upstream',
    Buffer.concat([Buffer.from([5, CONNECT, 0]), addressField('host' in wanted ? wanted.host : wanted.address), port16(wanted.port)]),
  );
  const reply = yield* read('upstream', measureVersion5);
  if (reply[1] !== 0) throw failed(`The SOCKS server answered: ${REPLIES[reply[1] ?? 1] ?? `code ${reply[1]}`}`);
}

/** RFC 1929. */
function* logIn(username: string, password: string): Conversation {
  yield* write('upstream', Buffer.concat([Buffer.from([1]), shortText(username), shortText(password)]));
  const [, status] = yield* readExactly('upstream', 2);
  if (status !== 0) throw failed('The SOCKS server refused the user name or password');
}

export function* socksServer(input: ConversationInput): Conversation {
  yield* startTls('client');
  const [version] = yield* readExactly('client', 1);
  if (version === 4) yield* version4(input);
  else if (version === 5) yield* version5(input);
  else throw failed(`The client speaks SOCKS version ${version}, neither 4 nor 5`);
}

/** SOCKS 4: the address; 4a: 0.0.0.x and a name behind the user, who is ignored. */
function* version4(input: ConversationInput): Conversation {
  const request = yield* read('client', measureVersion4);
  const port = request.readUInt16BE(1);
  const address = request.subarray(3, 7);
  const command = request.readUInt8(0);
  const afterUser = request.indexOf(0, 7) + 1;
  const name = request.toString('latin1', afterUser, request.length - 1);
  const host = isVersion4a(address) || command === RESOLVE ? name : ipText(address);
  const reply = (granted: boolean, local?: Endpoint): Buffer => {
    const field = local !== undefined && isIPv4(local.address) ? addressField(local.address).subarray(1) : Buffer.alloc(4);
    return Buffer.concat([Buffer.from([0, granted ? 90 : 91]), port16(local?.port ?? 0), field]);
  };
  yield* serve({ command, host, port, input, grant: (local) => reply(true, local), deny: () => reply(false) });
}

function* version5(input: ConversationInput): Conversation {
  const [count = 0] = yield* readExactly('client', 1);
  const methods = yield* readExactly('client', count);
  if (!methods.includes(NO_AUTHENTICATION))
    yield* refuse('client', Buffer.from([5, NO_METHOD]), failed('The client insists on SOCKS authentication'));
  yield* write('client', Buffer.from([5, NO_AUTHENTICATION]));

  const request = yield* read('client', measureVersion5);
  const reply = (text: ReplyText, local: Endpoint | undefined): Buffer => {
    // Some clients expect the family they asked for.
    const none = request[3] === IPV6 ? '::' : '0.0.0.0';
    const field = addressField(local === undefined ? none : unmapped(local.address));
    return Buffer.concat([Buffer.from([5, REPLIES.indexOf(text), 0]), field, port16(local?.port ?? 0)]);
  };
  const deny = (text: ReplyText): Buffer => reply(text, undefined);
  if (request[0] !== 5)
    return yield* refuse('client', deny('general SOCKS server failure'), failed('The client changed its SOCKS version'));
  const { host, port } = parseAddress(request);
  yield* serve({ command: request.readUInt8(1), host, port, input, grant: (local) => reply('succeeded', local), deny });
}

interface Request {
  readonly command: number;
  readonly host: string;
  readonly port: number;
  readonly input: ConversationInput;
  readonly grant: (local: Endpoint | undefined) => Buffer;
  readonly deny: (text: ReplyText) => Buffer;
}

/** What both versions have in common: judge the target, dial it, and only then say that it is there. */
function* serve({ command, host, port, input, grant, deny }: Request): Conversation {
  if (command !== CONNECT && command !== RESOLVE) {
    return yield* refuse(
      'client',
      deny('command not supported'),
      failed(`The client sent SOCKS command ${command}; only CONNECT and RESOLVE are known`),
    );
  }
  const target = yield* admit(host, command === RESOLVE ? 1 : port, input, deny);
  if (command === RESOLVE) return yield* finish('client', grant({ address: target.addresses[0] ?? '0.0.0.0', port: 0 }));
  const outcome = yield* dial(target);
  if (!outcome.connected) return yield* refuse('client', deny(replyTo(outcome.error)), outcome.error);
  yield* write('client', grant(outcome.local));
}

function* admit(host: string, port: number, { rules }: ConversationInput, deny: Request['deny']): Conversation<Target> {
  const admission = yield* admitTarget(host, port, rules);
  if (admission.kind === 'admitted') return admission.target;
  const what = `SOCKS to ${quoted(`${host}:${port}`)}: ${admission.why}`;
  if (admission.kind === 'unresolved')
    return yield* refuse('client', deny('host unreachable'), new OvercoatError('upstream_unresolved', what));
  return yield* refuse('client', deny('connection not allowed by ruleset'), new OvercoatError('destination_refused', what));
}

function replyTo(error: OvercoatError): ReplyText {
  if (error.code === 'upstream_refused') return 'connection refused';
  return error.code === 'upstream_timeout' ? 'host unreachable' : 'general SOCKS server failure';
}

/** Behind the version byte: command, port, address, user NUL, and for 4a or RESOLVE a name NUL. */
export function measureVersion4(bytes: Buffer): Measured {
  if (bytes.length < 8) return NEED_MORE;
  const user = measureText(bytes, 7);
  if (user.kind !== 'whole' || (bytes[0] !== RESOLVE && !isVersion4a(bytes.subarray(3, 7)))) return user;
  return measureText(bytes, user.length);
}

function isVersion4a(address: Uint8Array): boolean {
  return address[0] === 0 && address[1] === 0 && address[2] === 0 && address[3] !== 0;
}

/** A text up to its NUL, from `offset`. */
function measureText(bytes: Buffer, offset: number): Measured {
  const end = bytes.indexOf(0, offset);
  if ((end < 0 ? bytes.length : end) - offset > MAX_NAME_BYTES) return refused(`a SOCKS name of more than ${MAX_NAME_BYTES} bytes`);
  return end < 0 ? NEED_MORE : whole(end + 1);
}

/** Request and reply of version 5 have one shape: version, code, reserved, address type, address, port (RFC 1928 sections 4 to 6). */
export function measureVersion5(bytes: Buffer): Measured {
  if (bytes.length < 5) return NEED_MORE;
  const length = addressLength(bytes);
  if (length === undefined) return refused(`SOCKS address type ${bytes[3]}`);
  return bytes.length < 4 + length + 2 ? NEED_MORE : whole(4 + length + 2);
}

/** Bytes of the address field behind its type; a name begins with its own length. */
function addressLength(bytes: Buffer): number | undefined {
  switch (bytes[3]) {
    case IPV4:
      return 4;
    case IPV6:
      return 16;
    case NAME:
      return 1 + (bytes[4] ?? 0);
    default:
      return undefined;
  }
}

function parseAddress(request: Buffer): { readonly host: string; readonly port: number } {
  const end = request.length - 2;
  const port = request.readUInt16BE(end);
  if (request[3] === NAME) return { host: request.toString('latin1', 5, end), port };
  return { host: ipText(request.subarray(4, end)), port };
}

/** Address type and address. */
function addressField(host: string): Buffer {
  const address = ipBytes(host);
  if (address === undefined) return Buffer.concat([Buffer.from([NAME]), shortText(host)]);
  return Buffer.concat([Buffer.from([address.length === 4 ? IPV4 : IPV6]), address]);
}

/** One byte of length, then the text (at most 255 bytes). */
function shortText(text: string): Buffer {
  const bytes = encodeText(text);
  if (bytes.length > MAX_NAME_BYTES) throw failed(`A SOCKS name of more than ${MAX_NAME_BYTES} bytes cannot be sent`);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

function port16(port: number): Buffer {
  return Buffer.from([port >> 8, port & 0xff]);
}
