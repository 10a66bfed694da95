/**
 * SOCKS 4, 4a and 5 clients (RFC 1928; 4a: "SOCKS 4A" by Ying-Da Lee): the target they ask for. A SOCKS 5 client names it only
 * after its greeting was answered, so where it offers to go without a password it is answered in the proxy's place; the proxy is
 * asked the same later.
 */

import type { Host } from '../address/host-name.ts';
import { parseHost } from '../address/host-name.ts';
import { ipText } from '../address/ip.ts';
import type { Answer, Recognition } from './recognition.ts';
import { NOT_MINE } from './recognition.ts';
import { toText } from './text-lines.ts';

const NO_AUTHENTICATION = 0;
const PASSWORD = 2;
const MAX_SOCKS4_FIELD = 255;

export function recogniseSocks(bytes: Uint8Array): Recognition {
  if (bytes.length < 2) return bytes.length === 0 || bytes[0] === 4 || bytes[0] === 5 ? { kind: 'need-more', atLeast: 2 } : NOT_MINE;
  if (bytes[0] === 4 && isCommand(bytes[1], 2)) return recogniseSocks4(bytes);
  if (bytes[0] === 5 && (bytes[1] ?? 0) > 0) return recogniseSocks5(bytes, 2 + (bytes[1] ?? 0));
  return NOT_MINE;
}

/** `04 command port(2) address(4) user 00 [name 00]`; an address 0.0.0.x announces the name of 4a. */
function recogniseSocks4(bytes: Uint8Array): Recognition {
  if (bytes.length < 9) return { kind: 'need-more', atLeast: 9 };
  const userEnd = bytes.indexOf(0, 8);
  if (userEnd === -1) return bytes.length - 8 > MAX_SOCKS4_FIELD ? NOT_MINE : { kind: 'need-more', atLeast: bytes.length + 1 };
  if (userEnd - 8 > MAX_SOCKS4_FIELD) return NOT_MINE;
  if (bytes[4] !== 0 || bytes[5] !== 0 || bytes[6] !== 0 || bytes[7] === 0) return found(parseHost(ipText(bytes.subarray(4, 8))));
  const nameEnd = bytes.indexOf(0, userEnd + 1);
  if (nameEnd !== -1) return found(parseHost(toText(bytes, userEnd + 1, nameEnd)));
  return bytes.length - userEnd > MAX_SOCKS4_FIELD ? found(undefined) : { kind: 'need-more', atLeast: bytes.length + 1 };
}

/** `05 n methods(n)`, then `05 command 00 type address port(2)`. */
function recogniseSocks5(bytes: Uint8Array, greetingEnd: number): Recognition {
  if (bytes.length < greetingEnd) return { kind: 'need-more', atLeast: greetingEnd };
  const methods = bytes.subarray(2, greetingEnd);
  if (!methods.includes(NO_AUTHENTICATION) || methods.includes(PASSWORD)) {
    return { kind: 'no-name', protocol: 'socks', why: 'a SOCKS 5 client with a password names its target later', alpn: [] };
  }
  const request = bytes.subarray(greetingEnd);
  const answer = answerGreeting(Uint8Array.from(bytes.subarray(0, greetingEnd)));
  const needs = (count: number): Recognition => ({ kind: 'need-more', atLeast: greetingEnd + count, answer });
  if (request.length < 5) return needs(5);
  if (request[0] !== 5 || !isCommand(request[1], 3)) return found(undefined);
  const [, , , type, length] = request;
  if (type === 1) return request.length < 8 ? needs(8) : found(parseHost(ipText(request.subarray(4, 8))));
  if (type === 4) return request.length < 20 ? needs(20) : found(parseHost(ipText(request.subarray(4, 20))));
  if (type !== 3 || length === undefined) return found(undefined);
  return request.length < 5 + length ? needs(5 + length) : found(parseHost(toText(request, 5, 5 + length)));
}

function answerGreeting(greeting: Uint8Array): Answer {
  const bytes = Uint8Array.of(5, NO_AUTHENTICATION);
  const next = (reply: Uint8Array): Uint8Array | undefined =>
    reply[0] === 5 && reply[1] === NO_AUTHENTICATION ? new Uint8Array(0) : undefined;
  return { bytes, exchange: { opening: greeting, replyBytes: bytes.length, next, skip: greeting.length } };
}

function found(host: Host | undefined): Recognition {
  if (host === undefined) return { kind: 'no-name', protocol: 'socks', why: 'the SOCKS request names no valid host', alpn: [] };
  return { kind: 'name', protocol: 'socks', host, alpn: [] };
}

function isCommand(byte: number | undefined, last: number): boolean {
  return byte !== undefined && byte >= 1 && byte <= last;
}
