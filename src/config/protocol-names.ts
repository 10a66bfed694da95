/** The words `protocol =` takes, and in which direction each exists. What they do is in src/protocols/. */
import type { ProtocolName } from './config.ts';
import type { Parser } from './values.ts';
import { bad, good } from './values.ts';

export interface ProtocolDirections {
  readonly client: boolean;
  readonly server: boolean;
  /** Server mode: the protocol itself says where to connect, so no `connect` is needed. */
  readonly serverEndpoint: boolean;
  /** Server mode: the plain server is connected before TLS starts, so a client cannot be redirected any more. */
  readonly plainFirst: boolean;
  /** Client mode: what ALPN offers unless `alpn` says something else. */
  readonly alpn: readonly string[];
}

const both = { client: true, server: true, serverEndpoint: false, plainFirst: false, alpn: [] };
const clientOnly = { ...both, server: false };

export const PROTOCOLS: ReadonlyMap<ProtocolName, ProtocolDirections> = new Map<ProtocolName, ProtocolDirections>([
  ['connect', { ...both, serverEndpoint: true }],
  ['socks', { ...both, serverEndpoint: true }],
  ['proxy', { ...both, client: false }],
  ['smtp', { ...both, plainFirst: true }],
  ['pop3', { ...both, plainFirst: true }],
  ['imap', { ...both, plainFirst: true }],
  ['nntp', clientOnly],
  ['ldap', clientOnly],
  ['pgsql', both],
  ['pgsql-direct', { ...clientOnly, alpn: ['postgresql'] }],
  ['xmpp', clientOnly],
  ['sieve', clientOnly],
  ['lmtp', clientOnly],
  ['auto', clientOnly],
]);

/** Protocols of stunnel that are left out, with the reason. */
const LEFT_OUT: ReadonlyMap<string, string> = new Map([
  ['cifs', 'SMB servers that understood this NetBIOS handshake are gone; use SMB 3 encryption, or a plain service without protocol'],
  ['capwin', 'it served one product that is no longer made; remove the line'],
  ['capwinctrl', 'it served one product that is no longer made; remove the line'],
]);

/** A protocol in any case. Whether it exists in the service's direction is judged when the whole section is known. */
export const protocolName: Parser<ProtocolName> = (text) => {
  const word = text.toLowerCase();
  for (const name of PROTOCOLS.keys()) if (name === word) return good(name);
  const why = LEFT_OUT.get(word);
  if (why !== undefined) return bad(`protocol ${word} is not supported: ${why}`, 'Protocol not supported');
  return bad(`"${text}" is not a protocol; write one of ${[...PROTOCOLS.keys()].join(', ')}`, 'Protocol not supported');
};

/** A protocol that exists in the given direction. */
export function protocolFor(direction: 'client' | 'server'): Parser<ProtocolName> {
  return (text) => {
    const name = protocolName(text);
    if (!name.ok || PROTOCOLS.get(name.value)?.[direction] === true) return name;
    return bad(
      `protocol ${name.value} does not exist in ${direction} mode`,
      `The '${name.value}' protocol is not supported in the ${direction} mode`,
    );
  };
}
