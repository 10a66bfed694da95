/**
 * What is fixed of every application protocol: in which directions it exists and what a configuration has to know of them. The order
 * is that of docs/protocols.md and of the messages. table.ts adds what is said.
 */

export interface DirectionFacts {
  /** Server mode: the plain upstream is dialled before TLS, so a failed client cannot be sent to `redirect` any more. */
  readonly plainFirst: boolean;
  /** Server mode: the client says where to connect, so the service needs no `connect`. */
  readonly isEndpoint: boolean;
  /** Client mode: offered by ALPN unless `alpn` says something else, and demanded of the peer. */
  readonly alpn: string | undefined;
}

export interface ProtocolFacts {
  /** undefined: the protocol does not exist in this direction. */
  readonly client: DirectionFacts | undefined;
  readonly server: DirectionFacts | undefined;
  /** Destination ports on which `protocol = auto` chooses it. */
  readonly ports: readonly number[];
  readonly rfc: string;
}

/** PostgreSQL 17, sslnegotiation=direct. */
export const PGSQL_ALPN = 'postgresql';

const PLAIN: DirectionFacts = { plainFirst: false, isEndpoint: false, alpn: undefined };
const PLAIN_FIRST: DirectionFacts = { ...PLAIN, plainFirst: true };
const ENDPOINT: DirectionFacts = { ...PLAIN, isEndpoint: true };
/** As a value of its own type, so that table.ts is checked to have a conversation exactly where a direction exists. */
const NONE = undefined;

export const PROTOCOL_FACTS = {
  smtp: { client: PLAIN, server: PLAIN_FIRST, ports: [25, 587], rfc: 'RFC 5321, RFC 3207 (STARTTLS), RFC 4954 (AUTH)' },
  lmtp: { client: PLAIN, server: NONE, ports: [24], rfc: 'RFC 2033, RFC 3207 (STARTTLS)' },
  imap: { client: PLAIN, server: PLAIN_FIRST, ports: [143], rfc: 'RFC 3501, RFC 2595 (STARTTLS)' },
  pop3: { client: PLAIN, server: PLAIN_FIRST, ports: [110], rfc: 'RFC 1939, RFC 2595 (STLS)' },
  sieve: { client: PLAIN, server: NONE, ports: [4190], rfc: 'RFC 5804' },
  nntp: { client: PLAIN, server: NONE, ports: [119], rfc: 'RFC 3977, RFC 4642 (STARTTLS)' },
  ldap: { client: PLAIN, server: NONE, ports: [389, 3268], rfc: 'RFC 4511 section 4.14' },
  xmpp: { client: PLAIN, server: NONE, ports: [5222, 5269], rfc: 'RFC 6120 section 5' },
  pgsql: { client: PLAIN, server: PLAIN, ports: [5432], rfc: 'PostgreSQL protocol 3.0, SSLRequest' },
  'pgsql-direct': { client: { ...PLAIN, alpn: PGSQL_ALPN }, server: NONE, ports: [], rfc: 'PostgreSQL 17, sslnegotiation=direct' },
  connect: { client: PLAIN, server: ENDPOINT, ports: [], rfc: 'RFC 9110 section 9.3.6, RFC 7617 (Basic), MS-NLMP (NTLM)' },
  socks: { client: PLAIN, server: ENDPOINT, ports: [], rfc: 'RFC 1928, RFC 1929, SOCKS 4 and 4a' },
  proxy: { client: NONE, server: PLAIN, ports: [], rfc: 'PROXY protocol version 1' },
} as const satisfies Readonly<Record<string, ProtocolFacts>>;

/** A protocol that can be spoken; `protocol = auto` is none, it chooses one. */
export type SpokenName = keyof typeof PROTOCOL_FACTS;

/** All of them, in order. */
export const SPOKEN_NAMES = Object.keys(PROTOCOL_FACTS) as readonly SpokenName[];

/** @param name also `auto`, of which nothing is fixed */
export function factsOf(name: SpokenName | 'auto' | undefined): ProtocolFacts | undefined {
  return name === undefined || name === 'auto' ? undefined : PROTOCOL_FACTS[name];
}

/** Whether `protocol = NAME` can stand in a service of this mode; `auto` goes by the port of the upstream, which clients choose. */
export function existsIn(mode: 'client' | 'server', name: SpokenName | 'auto'): boolean {
  return name === 'auto' ? mode === 'client' : factsOf(name)?.[mode] !== undefined;
}
