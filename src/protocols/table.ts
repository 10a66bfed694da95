/**
 * The conversation of every application protocol, and at which points of a connection it speaks; facts.ts has everything else. Points:
 * `early`, in clear with the client before TLS (server mode); `middle`, in clear with the upstream before TLS (client mode); `late`,
 * inside TLS once the peer was accepted. A name or direction without facts does not exist.
 */
import type { ProtocolName } from '../config/config.ts';
import { connectClient, connectServer } from './connect.ts';
import type { Conversation } from './conversation.ts';
import type { DirectionFacts, ProtocolFacts, SpokenName } from './facts.ts';
import { PROTOCOL_FACTS, SPOKEN_NAMES } from './facts.ts';
import { imapClient, imapServer } from './imap.ts';
import type { ConversationInput } from './input.ts';
import { ldapClient } from './ldap.ts';
import { nntpClient } from './nntp.ts';
import { pgsqlClient, pgsqlDirectClient, pgsqlServer } from './pgsql.ts';
import { pop3Client, pop3Server } from './pop3.ts';
import { proxyServer } from './proxy.ts';
import { sieveClient } from './sieve.ts';
import { lmtpClient, smtpClient, smtpServer } from './smtp.ts';
import { socksClient, socksServer } from './socks.ts';
import { xmppClient } from './xmpp.ts';

export type Phase = 'early' | 'middle' | 'late';

interface Talk {
  readonly converse: (input: ConversationInput) => Conversation;
  readonly phases: readonly Phase[];
}

export type Direction = DirectionFacts & Talk;

export interface Protocol extends ProtocolFacts {
  readonly name: SpokenName;
  readonly client: Direction | undefined;
  readonly server: Direction | undefined;
}

type TalkOf<Facts extends DirectionFacts | undefined> = Facts extends undefined ? undefined : Talk;

/** A conversation for every direction that exists, and for no other: the compiler checks it against the facts. */
const TALKS: {
  readonly [Name in SpokenName]: {
    readonly [Mode in 'client' | 'server']: TalkOf<(typeof PROTOCOL_FACTS)[Name][Mode]>;
  };
} = {
  smtp: { client: talk(smtpClient, 'middle', 'late'), server: talk(smtpServer, 'early') },
  lmtp: { client: talk(lmtpClient, 'middle', 'late'), server: undefined },
  imap: { client: talk(imapClient, 'middle', 'late'), server: talk(imapServer, 'early') },
  pop3: { client: talk(pop3Client, 'middle', 'late'), server: talk(pop3Server, 'early') },
  sieve: { client: talk(sieveClient, 'middle', 'late'), server: undefined },
  nntp: { client: talk(nntpClient, 'middle', 'late'), server: undefined },
  ldap: { client: talk(ldapClient, 'middle'), server: undefined },
  xmpp: { client: talk(xmppClient, 'middle', 'late'), server: undefined },
  pgsql: { client: talk(pgsqlClient, 'middle', 'late'), server: talk(pgsqlServer, 'early') },
  'pgsql-direct': { client: talk(pgsqlDirectClient, 'late'), server: undefined },
  connect: { client: talk(connectClient, 'middle'), server: talk(connectServer, 'early', 'late') },
  socks: { client: talk(socksClient, 'late'), server: talk(socksServer, 'late') },
  proxy: { client: undefined, server: talk(proxyServer, 'late') },
};

export const PROTOCOLS: readonly Protocol[] = SPOKEN_NAMES.map((name) => {
  const facts: ProtocolFacts = PROTOCOL_FACTS[name];
  const { client, server } = TALKS[name];
  return { ...facts, name, client: direction(facts.client, client), server: direction(facts.server, server) };
});

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

function talk(converse: Talk['converse'], ...phases: readonly Phase[]): Talk {
  return { converse, phases };
}

function direction(facts: DirectionFacts | undefined, spoken: Talk | undefined): Direction | undefined {
  return facts === undefined || spoken === undefined ? undefined : { ...facts, ...spoken };
}
