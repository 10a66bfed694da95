/**
 * `socket = a|l|r:NAME=VALUE[:VALUE]`: options of the accepting, local (accepted) and remote (dialled) socket. Names are those of
 * setsockopt(2) and case-sensitive, as in stunnel. What is set, and how, is the business of src/linux and the connection path.
 */
import type { SocketOption } from '../config.ts';
import type { Parser, Value } from './values.ts';
import { bad, good, signedInteger } from './values.ts';

export type SocketRole = 'accept' | 'local' | 'remote';

export interface SocketSetting {
  readonly socket: SocketRole;
  readonly option: SocketOption;
}

type Shape = SocketOption['value']['kind'];

/** In the order `-sockets` prints them. */
export const SOCKET_OPTIONS: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  ['SO_DEBUG', 'flag'],
  ['SO_DONTROUTE', 'flag'],
  ['SO_KEEPALIVE', 'flag'],
  ['SO_LINGER', 'linger'],
  ['SO_OOBINLINE', 'flag'],
  ['SO_RCVBUF', 'int'],
  ['SO_SNDBUF', 'int'],
  ['SO_RCVLOWAT', 'int'],
  ['SO_SNDLOWAT', 'int'],
  ['SO_RCVTIMEO', 'timeval'],
  ['SO_SNDTIMEO', 'timeval'],
  ['SO_REUSEADDR', 'flag'],
  ['SO_BINDTODEVICE', 'text'],
  ['TCP_KEEPCNT', 'int'],
  ['TCP_KEEPIDLE', 'int'],
  ['TCP_KEEPINTVL', 'int'],
  ['TCP_USER_TIMEOUT', 'int'],
  ['IP_TOS', 'int'],
  ['IP_TTL', 'int'],
  ['TCP_MAXSEG', 'int'],
  ['TCP_NODELAY', 'flag'],
  ['IP_FREEBIND', 'flag'],
  ['IPV6_V6ONLY', 'flag'],
]);

/** What is on without any `socket` line. */
export const SOCKET_DEFAULTS: ReadonlyMap<string, readonly SocketRole[]> = new Map<string, readonly SocketRole[]>([
  ['SO_REUSEADDR', ['accept']],
  ['TCP_NODELAY', ['local', 'remote']],
]);

const ROLES: ReadonlyMap<string, SocketRole> = new Map<string, SocketRole>([
  ['a:', 'accept'],
  ['l:', 'local'],
  ['r:', 'remote'],
]);

const SHAPES: Readonly<Record<Shape, string>> = {
  flag: 'yes or no',
  int: 'a number',
  linger: 'ONOFF:SECONDS',
  timeval: 'SECONDS:MICROSECONDS',
  text: 'an interface name',
};

const LONGEST_TEXT = 15;

export const socketSetting: Parser<SocketSetting> = (text) => {
  const socket = ROLES.get(text.slice(0, 2));
  const equals = text.indexOf('=');
  if (socket === undefined || equals < 0)
    return bad(`"${text}" is not a socket option; write a:, l: or r:, then NAME=VALUE`, 'Illegal socket option');
  const name = text.slice(2, equals);
  const shape = SOCKET_OPTIONS.get(name);
  if (shape === undefined)
    return bad(`"${name}" is not a socket option; \`overcoat-stunnel -sockets\` lists the names`, 'Illegal socket option');
  const value = socketValue(shape, text.slice(equals + 1));
  if (!value.ok) return bad(`${name} takes ${SHAPES[shape]}`, 'Illegal socket option');
  return good({ socket, option: { name, value: value.value } });
};

function socketValue(shape: Shape, text: string): Value<SocketOption['value']> {
  if (shape === 'text') return text.length > LONGEST_TEXT ? bad('too long') : good({ kind: 'text', text });
  if (shape === 'flag') return flag(text.toLowerCase());
  const [first = '', second = '0', ...more] = text.split(':');
  const one = wholeNumber(first);
  const two = wholeNumber(second);
  if (one === undefined || two === undefined || more.length > 0) return bad('not a number');
  if (shape === 'linger') return good({ kind: 'linger', on: one !== 0, seconds: two });
  if (shape === 'timeval') return good({ kind: 'timeval', seconds: one, microseconds: two });
  return text.includes(':') ? bad('one number only') : good({ kind: 'int', value: one });
}

function flag(word: string): Value<SocketOption['value']> {
  if (word === 'yes' || word === '1') return good({ kind: 'flag', on: true });
  if (word === 'no' || word === '0') return good({ kind: 'flag', on: false });
  return bad('neither yes nor no');
}

/** A number that fits into an int; nothing stands for 0, as in stunnel. */
function wholeNumber(text: string): number | undefined {
  const value = text === '' ? 0 : signedInteger(text);
  return value === undefined || value > 2_147_483_647 || value < -2_147_483_648 ? undefined : value;
}
