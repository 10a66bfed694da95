/**
 * What usually speaks on a TCP or UDP port, as far as it matters to somebody who looks at traffic that is not wrapped: which ports carry
 * TLS or the like of their own, and which a protocol that says everything in clear. Only the number is known, so only the number is
 * judged. Sources: the IANA registry of service names and port numbers; 1935, 6667 and 8883 by common use.
 */

export interface ClearProtocol {
  readonly port: number;
  /** As people call it. */
  readonly name: string;
  /** What to do about it, said to the administrator of the gateway. */
  readonly remedy: string;
}

const wrapped = (port: number): string => `wrap it with --ports ${port}`;
const mapped = (port: number, to: number): string => `wrap it with --map-port ${port}:${to}, where the server has TLS`;

/** Protocols whose clear form is worth a warning, each with what Overcoat can do about it. */
export const CLEAR_PROTOCOLS: readonly ClearProtocol[] = [
  { port: 21, name: 'FTP', remedy: 'let the device use SFTP or FTPS: its data connections cannot be wrapped from outside' },
  { port: 23, name: 'Telnet', remedy: mapped(23, 992) },
  { port: 25, name: 'SMTP', remedy: wrapped(25) },
  { port: 80, name: 'HTTP', remedy: mapped(80, 443) },
  { port: 110, name: 'POP3', remedy: wrapped(110) },
  { port: 119, name: 'NNTP', remedy: wrapped(119) },
  { port: 143, name: 'IMAP', remedy: wrapped(143) },
  { port: 389, name: 'LDAP', remedy: wrapped(389) },
  { port: 554, name: 'RTSP', remedy: mapped(554, 322) },
  { port: 587, name: 'SMTP submission', remedy: wrapped(587) },
  { port: 1883, name: 'MQTT', remedy: mapped(1883, 8883) },
  { port: 1935, name: 'RTMP', remedy: wrapped(1935) },
  { port: 4190, name: 'ManageSieve', remedy: wrapped(4190) },
  { port: 5060, name: 'SIP', remedy: mapped(5060, 5061) },
  { port: 5222, name: 'XMPP', remedy: wrapped(5222) },
  { port: 5432, name: 'PostgreSQL', remedy: wrapped(5432) },
  { port: 6379, name: 'Redis', remedy: mapped(6379, 6380) },
  { port: 6667, name: 'IRC', remedy: mapped(6667, 6697) },
];

const BY_PORT: ReadonlyMap<number, ClearProtocol> = new Map(CLEAR_PROTOCOLS.map((each) => [each.port, each]));

/** SSH among them: not TLS, and not in clear either. */
const ENCRYPTED_TCP: ReadonlySet<number> = new Set([
  22, 443, 465, 563, 636, 853, 989, 990, 992, 993, 994, 995, 3269, 5061, 5223, 5349, 6697, 8443, 8883,
]);
/** QUIC and DNS over it, IKE and its encapsulation, SRTP's and WireGuard's usual ports. */
const ENCRYPTED_UDP: ReadonlySet<number> = new Set([443, 500, 853, 4500, 8443, 51_820]);

export type Transport = 'tcp' | 'udp';

export function isEncryptedPort(transport: Transport, port: number): boolean {
  return (transport === 'tcp' ? ENCRYPTED_TCP : ENCRYPTED_UDP).has(port);
}

/** @returns undefined where nothing is known of the port, or it is known to be encrypted */
export function clearProtocol(transport: Transport, port: number): ClearProtocol | undefined {
  return transport === 'tcp' ? BY_PORT.get(port) : undefined;
}
