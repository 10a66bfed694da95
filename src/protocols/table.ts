/**
 * Every application protocol: in which directions it exists, what happens at which point of a connection, and on which ports it is at
 * home. Points: `early`, in clear with the client before TLS (server mode); `middle`, in clear with the upstream before TLS; `late`,
 * inside TLS once the peer was accepted. A name or direction that is not here does not exist.
 */
import type { ProtocolName } from '../config/config.ts';
import { connectClient, connectServer } from './connect.ts';
import type { Conversation } from './conversation.ts';
import { imapClient, imapServer } from './imap.ts';
import type { ConversationInput } from './input.ts';
import { ldapClient } from './ldap.ts';
import { nntpClient } from './nntp.ts';
import { PGSQL_ALPN, pgsqlClient, pgsqlDirectClient, pgsqlServer } from './pgsql.ts';
import { pop3Client, pop3Server } from './pop3.ts';
import { proxyServer } from './proxy.ts';
import { sieveClient } from './sieve.ts';
import { lmtpClient, smtpClient, smtpServer } from './smtp.ts';
import { socksClient, socksServer } from './socks.ts';
import { xmppClient } from './xmpp.ts';

export type Phase = 'early' | 'middle' | 'late';

export interface Direction {
  readonly converse: (input: ConversationInput) => Conversation;
  readonly phases: readonly Phase[];
  /** Server mode: the plain upstream is dialled before TLS, so a failed client cannot be sent to `redirect` any more. */
  readonly plainFirst: boolean;
  /** Server mode: the client says where to connect, so the service needs no `connect`. */
  readonly isEndpoint: boolean;
  /** Demanded of the peer by ALPN. */
  readonly alpn: string | undefined;
}

/** A protocol that can be spoken; `auto` is none, it chooses one. */
export type SpokenName = Exclude<ProtocolName, 'auto'>;

export interface Protocol {
  readonly name: SpokenName;
  readonly client: Direction | undefined;
  readonly server: Direction | undefined;
  /** Destination ports on which `protocol = auto` chooses it. */
  readonly ports: readonly number[];
  readonly rfc: string;
}

export const PROTOCOLS: readonly Protocol[] = [
  {
    name: 'smtp',
    client: direction(smtpClient, ['middle', 'late']),
    server: direction(smtpServer, ['early'], { plainFirst: true }),
    ports: [25, 587],
    rfc: 'RFC 5321, RFC 3207 (STARTTLS), RFC 4954 (AUTH)',
  },
  { name: 'lmtp', client: direction(lmtpClient, ['middle', 'late']), server: undefined, ports: [24], rfc: 'RFC 2033, RFC 3207 (STARTTLS)' },
  {
    name: 'imap',
    client: direction(imapClient, ['middle', 'late']),
    server: direction(imapServer, ['early'], { plainFirst: true }),
    ports: [143],
    rfc: 'RFC 3501, RFC 2595 (STARTTLS)',
  },
  {
    name: 'pop3',
    client: direction(pop3Client, ['middle', 'late']),
    server: direction(pop3Server, ['early'], { plainFirst: true }),
    ports: [110],
    rfc: 'RFC 1939, RFC 2595 (STLS)',
  },
  { name: 'sieve', client: direction(sieveClient, ['middle', 'late']), server: undefined, ports: [4190], rfc: 'RFC 5804' },
  {
    name: 'nntp',
    client: direction(nntpClient, ['middle', 'late']),
    server: undefined,
    ports: [119],
    rfc: 'RFC 3977, RFC 4642 (STARTTLS)',
  },
  { name: 'ldap', client: direction(ldapClient, ['middle']), server: undefined, ports: [389, 3268], rfc: 'RFC 4511 section 4.14' },
  { name: 'xmpp', client: direction(xmppClient, ['middle', 'late']), server: undefined, ports: [5222, 5269], rfc: 'RFC 6120 section 5' },
  {
    name: 'pgsql',
    client: direction(pgsqlClient, ['middle', 'late']),
    server: direction(pgsqlServer, ['early']),
    ports: [5432],
    rfc: 'PostgreSQL protocol 3.0, SSLRequest',
  },
  {
    name: 'pgsql-direct',
    client: direction(pgsqlDirectClient, ['late'], { alpn: PGSQL_ALPN }),
    server: undefined,
    ports: [],
    rfc: 'PostgreSQL 17, sslnegotiation=direct',
  },
  {
    name: 'connect',
    client: direction(connectClient, ['middle']),
    server: direction(connectServer, ['early', 'late'], { isEndpoint: true }),
    ports: [],
    rfc: 'RFC 9110 section 9.3.6, RFC 7617 (Basic), MS-NLMP (NTLM)',
  },
  {
    name: 'socks',
    client: direction(socksClient, ['late']),
    server: direction(socksServer, ['late'], { isEndpoint: true }),
    ports: [],
    rfc: 'RFC 1928, RFC 1929, SOCKS 4 and 4a',
  },
  { name: 'proxy', client: undefined, server: direction(proxyServer, ['late']), ports: [], rfc: 'PROXY protocol version 1' },
];

const BY_NAME = new Map(PROTOCOLS.map((protocol) => [protocol.name, protocol]));
const BY_PORT = new Map(PROTOCOLS.flatMap((protocol) => protocol.ports.map((port) => [port, protocol])));

/** What a service speaks in its direction; undefined: TLS at once. @param port where the connection goes, for `auto` */
export function directionFor(name: ProtocolName | undefined, mode: 'client' | 'server', port: number | undefined): Direction | undefined {
  if (name === undefined) return undefined;
  const protocol = name === 'auto' ? protocolForPort(port) : BY_NAME.get(name);
  return protocol?.[mode];
}

/** What is usually spoken on a port before TLS. */
export function protocolForPort(port: number | undefined): Protocol | undefined {
  return port === undefined ? undefined : BY_PORT.get(port);
}

function direction(
  converse: Direction['converse'],
  phases: readonly Phase[],
  more: Partial<Pick<Direction, 'plainFirst' | 'isEndpoint' | 'alpn'>> = {},
): Direction {
  return { converse, phases, plainFirst: false, isEndpoint: false, alpn: undefined, ...more };
}
