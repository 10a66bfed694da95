/**
 * Addresses as stunnel writes them: `port`, `host:port` split at the last colon (so `::1:443` is ::1 and 443), or the path of a Unix
 * socket. Brackets around an IPv6 literal are accepted besides, which stunnel does not. Also address blocks and lists of ports.
 */
import { splitHostPort, withBrackets } from '../../address/authority.ts';
import type { Prefix } from '../../address/block.ts';
import { parsePrefix } from '../../address/block.ts';
import { ipVersion, withoutBrackets } from '../../address/ip.ts';
import type { Address, PortMapping, PortRange, TcpAddress } from '../config.ts';
import { portOfService } from '../service-ports.ts';
import type { Parser, Refusal, Value } from './values.ts';
import { bad, commaList, decimal, good, signedInteger } from './values.ts';

const LONGEST_UNIX_PATH = 107;
/** It is not quoted: what stands behind the host of a URL is often a password, and messages go to logs. */
const URL_REFUSED = 'a URL is not an address; write HOST:PORT, without what stands before and behind';

/**
 * An address whose host may be left out.
 * @param bareHost the host that a bare port stands for: '' (all addresses of this machine to listen on, its loopback to connect to),
 *   '127.0.0.1'
 * @param what the option in stunnel's message, `Cannot resolve accept target`
 */
export function address(bareHost: string, what: string): Parser<Address> {
  return (text) => {
    if (text.startsWith('/')) return unixPath(text);
    return tcpAddress(bareHost, what)(text);
  };
}

/**
 * Like `address`, for a place to connect to. stunnel serves although a port is missing, unknown or too large, and each connection to it
 * fails; a file with several services must not stand still for one.
 */
export function target(what: string): Parser<Address> {
  const parse = address('', what);
  return (text) => {
    if (text.startsWith('/') || isUrl(text)) return parse(text);
    const { host: written, port = text } = splitHostPort(text);
    if (portNumber(port, what).ok) return parse(text);
    const place = parse(port === text ? '0' : `${written}:0`);
    return !place.ok || port === '' ? place : good({ ...place.value, unknownPort: port });
  };
}

/** Like `address`, without Unix sockets. */
export function tcpAddress(bareHost: string, what: string): Parser<TcpAddress> {
  return (text) => {
    if (isUrl(text)) return bad(URL_REFUSED, `Cannot resolve ${what} target`);
    const written = splitHostPort(text);
    const port = portNumber(written.port ?? text, what);
    if (!port.ok) return withoutPort(text, port);
    const host = written.port === undefined ? '' : withoutBrackets(written.host);
    if (host !== '' && !isHost(host)) {
      return bad(
        portMissing(text) ?? `"${host}" is neither a host name nor an IP address; write host:port`,
        `Error resolving "${host}": Neither nodename nor servname known (EAI_NONAME)\nCannot resolve ${what} target`,
      );
    }
    return good({ kind: 'tcp', host: host === '' ? bareHost : host, port: port.value });
  };
}

/** The refusal of a port, where the whole text is rather a host that lacks one. */
function withoutPort(text: string, refused: Refusal): Refusal {
  const why = portMissing(text);
  return why === undefined ? refused : bad(why, refused.stunnelText);
}

/** What is wrong with a host that lacks its port; undefined for every other text. `::1:443` has one, although it could be an address. */
function portMissing(text: string): string | undefined {
  const isCut = text.endsWith(':') && !text.endsWith('::');
  const host = withoutBrackets(isCut ? text.slice(0, -1) : text);
  if (!isHost(host) || decimal(host) !== undefined) return undefined;
  const written = `${withBrackets(host)}:PORT`;
  if (isCut || ipVersion(host) !== 0) return `"${text}" has no port; write ${written}`;
  return `"${text}" is not a port; write a number or a name of /etc/services, or ${written} if it is a host`;
}

/** A host name or IP literal without a port, as `local` takes it. */
export const host: Parser<string> = (text) => {
  if (isUrl(text)) return bad(URL_REFUSED, 'Failed to resolve local address');
  const bare = withoutBrackets(text);
  return isHost(bare) ? good(bare) : bad(`"${text}" is neither a host name nor an IP address`, 'Failed to resolve local address');
};

/** An IP literal, brackets dropped. */
export const ipAddress: Parser<string> = (text) => {
  if (isUrl(text)) return bad(URL_REFUSED);
  const bare = withoutBrackets(text);
  return ipVersion(bare) === 0 ? bad(`"${text}" is not an IP address; names belong into checkHost`) : good(bare);
};

/** `ADDRESS` or `ADDRESS/BITS`. */
export const prefix: Parser<Prefix> = (text) => {
  if (isUrl(text)) return bad(URL_REFUSED);
  const read = parsePrefix(text);
  if (!('why' in read)) return good(read);
  if (read.why === 'no address') return bad(`"${text}" is not an address block; write ADDRESS or ADDRESS/BITS`);
  const widest = text.includes(':') ? 128 : 32;
  return bad(`"${text}" has a prefix length out of range; write 0 to ${widest} after the slash`);
};

/** `no`, or the blocks that count, with commas between. */
export const prefixes: Parser<readonly Prefix[]> = commaList(prefix);

/** `443,1935,8000-8010` */
export const portRanges: Parser<readonly PortRange[]> = commaList((piece) => {
  const [first = '', last = first, ...more] = piece.split('-');
  const from = somePort(first.trim());
  const to = somePort(last.trim());
  if (from === undefined || to === undefined || from > to || more.length > 0) {
    return bad(`"${piece}" is not a port from 1 to 65535, or a range of them; write PORT or FROM-TO`);
  }
  return good({ from, to });
});

/** `1935:443,80:443` */
export const portMappings: Parser<readonly PortMapping[]> = commaList((piece) => {
  const [first = '', last = '', ...more] = piece.split(':');
  const from = somePort(first.trim());
  const to = somePort(last.trim());
  if (from === undefined || to === undefined || more.length > 0)
    return bad(`"${piece}" is not a pair of ports from 1 to 65535; write FROM:TO`);
  return good({ from, to });
});

function unixPath(path: string): Value<Address> {
  if (Buffer.byteLength(path) > LONGEST_UNIX_PATH) {
    return bad(`the path of a Unix socket has at most ${LONGEST_UNIX_PATH} bytes; choose a shorter one`, 'Unix socket path is too long');
  }
  return good({ kind: 'unix', path });
}

function isUrl(text: string): boolean {
  return text.includes('//');
}

/** `host: 443` is written too, and understood by stunnel. */
function portNumber(text: string, what: string): Value<number> {
  const port = signedInteger(text) ?? portOfService(text);
  if (port === undefined || port < 0 || text === '') {
    return bad(
      `"${text}" is not a port; write a number or a name of /etc/services, after host: if there is one`,
      `Unknown TCP service "${text}"\nCannot resolve ${what} target`,
    );
  }
  return port > 65_535 ? bad(`port ${text} is out of range; write 0 to 65535`, `Cannot resolve ${what} target`) : good(port);
}

/** A port that traffic can have: 1 to 65535, by number or name. */
function somePort(text: string): number | undefined {
  const port = decimal(text) ?? portOfService(text);
  return port !== undefined && port >= 1 && port <= 65_535 ? port : undefined;
}

/** IP literals (with a zone), and names without blanks, control characters, colons and slashes; the resolver judges the rest. */
function isHost(text: string): boolean {
  if (ipVersion(text) !== 0) return true;
  if (text.length > 253) return false;
  for (const character of text) if (character <= ' ' || character === '\u007f' || ':/[]"\\'.includes(character)) return false;
  return text !== '';
}
