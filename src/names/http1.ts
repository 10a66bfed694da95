/**
 * HTTP/1.x, and with it WebSocket and the CONNECT method (RFC 9112 section 3.2): the target's authority where the client wrote one,
 * else the Host header. The whole head is read first, so that a second Host header is seen wherever the packets were cut.
 */
import { authorityOf, parseAuthority } from '../address/authority.ts';
import type { FirstProtocol, Recognition } from './recognition.ts';
import { NOT_MINE, needMore } from './recognition.ts';
import type { RequestLine } from './text-lines.ts';
import { mayBeRequest, parseRequestLine, readLine } from './text-lines.ts';

/** The first requests of RTMP tunnelled in HTTP (RTMPT): its server never answers them as a web server would. */
const TUNNELLED_RTMP: ReadonlySet<string> = new Set(['/fcs/ident2', '/fcs/ident', '/open/1']);

export function recogniseHttp1(bytes: Uint8Array): Recognition {
  if (!mayBeRequest(bytes)) return NOT_MINE;
  const first = readLine(bytes, 0);
  if (first === undefined) return needMore(bytes);
  const request = parseRequestLine(first.text);
  if (request === undefined || !isHttp1(request.version)) return NOT_MINE;
  const protocol: FirstProtocol = request.method === 'CONNECT' ? 'connect' : 'http/1';
  // Not for 1.0: many servers refuse a client that offers nothing but http/1.0.
  const alpn = request.version === 'HTTP/1.1' ? ['http/1.1'] : [];
  const noName = (why: string): Recognition => ({ kind: 'no-name', protocol, why, alpn });

  const head = readHosts(bytes, first.next);
  if (head === 'need-more') return needMore(bytes);
  if (head === 'malformed') return noName('the head of the HTTP request is malformed');
  if (request.method === 'POST' && TUNNELLED_RTMP.has(request.target)) return noName('the client tunnels RTMP in HTTP (RTMPT)');
  const authority = authorityOfTarget(request);
  if (authority === undefined && head.length !== 1) {
    return noName(head.length === 0 ? 'the HTTP request has no Host header' : 'the HTTP request has several Host headers');
  }
  const host = parseAuthority(authority ?? head[0] ?? '');
  return host === undefined ? noName('the HTTP request names no valid host') : { kind: 'name', protocol, host, alpn };
}

/** The values of all Host headers up to the blank line. */
function readHosts(bytes: Uint8Array, start: number): readonly string[] | 'need-more' | 'malformed' {
  const hosts: string[] = [];
  let offset = start;
  let folds = false;
  for (;;) {
    const end = bytes.indexOf(LINE_FEED, offset);
    if (end === -1) return 'need-more';
    const first = bytes[offset];
    if (first === LINE_FEED || (first === CARRIAGE_RETURN && end === offset + 1)) return hosts;
    // A folded Host (5.2, obsolete) would be read differently by different servers.
    if (folds && (first === SPACE || first === TAB)) return 'malformed';
    const host = first === LOWER_H || first === UPPER_H ? hostOf(readLine(bytes, offset)?.text ?? '') : undefined;
    folds = host !== undefined;
    if (host !== undefined) hosts.push(host);
    offset = end + 1;
  }
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const LOWER_H = 0x68;
const UPPER_H = 0x48;

/** The value of a Host header; undefined for every other. */
function hostOf(line: string): string | undefined {
  const colon = line.indexOf(':');
  return colon !== -1 && line.slice(0, colon).toLowerCase() === 'host' ? line.slice(colon + 1).trim() : undefined;
}

/** The absolute form and the authority form override Host (RFC 9112 3.2.2, 3.2.3). */
function authorityOfTarget(request: RequestLine): string | undefined {
  if (request.method === 'CONNECT') return request.target;
  return request.target.startsWith('/') ? undefined : authorityOf(request.target);
}

function isHttp1(version: string): boolean {
  return version === 'HTTP/1.1' || version === 'HTTP/1.0';
}
