/**
 * Whether a request over TCP is heard at all. A browser on this machine reaches the port for any page it has open, so: the Host header
 * has to be an address or a name that is ours (a name an attacker owns can be made to lead here, "DNS rebinding"), and nothing that a
 * page of another site has caused is answered (https://www.w3.org/TR/fetch-metadata/). A browser can be led to the Unix socket, too
 * (`ssh -L 9100:/run/overcoat/some.sock`): there any name without a dot is ours, for nobody can own one, and its mode says who may ask.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { splitHostPort } from '../../address/authority.ts';
import { ipKey, withoutBrackets } from '../../address/ip.ts';

export interface Access {
  /** Names besides `localhost` and every IP address under which it may be called: the host of `status`, or whatever has no dot. */
  readonly hosts: readonly string[] | 'without-dot';
  /** undefined: none is asked for. */
  readonly token: string | undefined;
}

export interface Refusal {
  readonly status: 401 | 403 | 421;
  readonly text: string;
}

const BEARER = 'bearer ';

/**
 * @param target of the request, a URL or a path: where it names a host itself, that need not be the one of the header (RFC 9112 section 3.2.2)
 * @param header a header of the request by its name in lower case
 * @param open what is asked for says nothing about anybody: no token is needed
 */
export function refusalOf(
  target: string,
  header: (name: string) => string | undefined,
  { hosts, token }: Access,
  open: boolean,
): Refusal | undefined {
  const host = hostIn(header('host'));
  // Health checks speak HTTP/1.0 without one; no browser does.
  if (host !== undefined && !isOurs(host, hosts)) return { status: 421, text: 'the Host header names somebody else' };
  const meant = URL.parse(target)?.hostname;
  if (meant !== undefined && !isOurs(withoutBrackets(meant), hosts)) return { status: 421, text: 'the request is for somebody else' };
  if (header('sec-fetch-site') === 'cross-site' || header('sec-fetch-site') === 'same-site')
    return { status: 403, text: 'no requests from other sites' };
  const origin = header('origin');
  if (origin !== undefined && originHost(origin) !== header('host')?.toLowerCase())
    return { status: 403, text: 'no requests from other sites' };
  if (!open && token !== undefined && !isToken(header('authorization'), token)) return { status: 401, text: 'a token is needed' };
  return undefined;
}

function hostIn(header: string | undefined): string | undefined {
  return header === undefined ? undefined : withoutBrackets(splitHostPort(header).host).toLowerCase();
}

/** Nobody can make an address mean another one. */
function isOurs(host: string, hosts: Access['hosts']): boolean {
  if (host === 'localhost' || ipKey(host) !== undefined) return true;
  return hosts === 'without-dot' ? !host.includes('.') : hosts.includes(host);
}

function originHost(origin: string): string | undefined {
  const scheme = origin.indexOf('://');
  return scheme < 0 ? undefined : origin.slice(scheme + 3).toLowerCase();
}

/** In a time that tells nothing about the token. */
function isToken(header: string | undefined, token: string): boolean {
  if (header === undefined || header.slice(0, BEARER.length).toLowerCase() !== BEARER) return false;
  return timingSafeEqual(digest(header.slice(BEARER.length)), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
