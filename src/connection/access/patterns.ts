/**
 * Whether a rule of hosts.allow or hosts.deny speaks of a service and its client (hosts_access(5), PATTERNS and WILDCARDS). The name
 * of a client is looked up only where a pattern wants it. A pattern that cannot be judged here is an error and never a miss: in
 * hosts.deny a miss would let somebody in.
 */
import { isIPv4 } from 'node:net';
import type { Block } from '../../address/block.ts';
import { block, contains, maskedBlock, parsePrefix } from '../../address/block.ts';
import { ipBytes, ipKey, isIpv6, withoutBrackets } from '../../address/ip.ts';
import type { AccessRule, PatternList } from './rules.ts';

/** `unknown`: it has none. `paranoid`: it has one that does not lead back to its address. */
export type PartyName = { readonly kind: 'known'; readonly name: string } | { readonly kind: 'unknown' | 'paranoid' };

/** One end of the client's connection. */
export interface Party {
  /** IPv4, or IPv6 without brackets. */
  readonly address: string;
  readonly name: () => Promise<PartyName>;
}

export interface AccessRequest {
  /** The name of the service. */
  readonly daemon: string;
  readonly client: Party;
  readonly server: Party;
  /** The words of a file that a rule names. @throws Error where it cannot be read */
  readonly wordsIn: (path: string) => readonly string[];
}

/** A pattern that cannot be judged. */
export class UnusablePattern extends Error {}

/** @throws UnusablePattern */
export async function ruleMatches(rule: AccessRule, request: AccessRequest): Promise<boolean> {
  const isDaemon = await inList(rule.daemons, (word) => daemonMatches(word, request));
  return isDaemon && inList(rule.clients, (word) => clientMatches(word, request));
}

async function inList(list: PatternList, matches: (word: string) => Promise<boolean>): Promise<boolean> {
  for (const word of list.words) {
    if (await matches(word)) return list.except === undefined || !(await inList(list.except, matches));
  }
  return false;
}

/** `service`, or `service@address` for one of several addresses of this machine. */
async function daemonMatches(word: string, request: AccessRequest): Promise<boolean> {
  const { service, host } = daemonPattern(word);
  return textMatches(service, request.daemon) && (host === undefined || partyMatches(host, request.server, request));
}

/** The two parts of it; without `@` there is no host. */
export function daemonPattern(word: string): { readonly service: string; readonly host: string | undefined } {
  const at = word.indexOf('@', 1);
  return at < 0 ? { service: word, host: undefined } : { service: word.slice(0, at), host: word.slice(at + 1) };
}

/** Whether a pattern for hosts is the path of a file with more of them. */
export function isList(pattern: string): boolean {
  return pattern.startsWith('/');
}

async function clientMatches(word: string, request: AccessRequest): Promise<boolean> {
  if (word.indexOf('@', 1) >= 0) throw new UnusablePattern(`"${word}" asks for the user of a client, which cannot be known`);
  return partyMatches(word, request.client, request);
}

async function partyMatches(word: string, party: Party, request: AccessRequest): Promise<boolean> {
  if (word.startsWith('@')) throw new UnusablePattern(`"${word}" is a netgroup, which is not supported`);
  if (isList(word)) {
    const inside = { ...request, client: party, wordsIn: listsIn(word, request.wordsIn) };
    for (const entry of request.wordsIn(word)) if (await clientMatches(entry, inside)) return true;
    return false;
  }
  if (word.includes('/')) return inNetwork(word, party.address);
  return textMatches(word, party.address) || (mayBeName(word) && nameMatches(word, await party.name()));
}

/** A list may name others, but none that it stands in: that would be read for ever. */
function listsIn(list: string, wordsIn: AccessRequest['wordsIn']): AccessRequest['wordsIn'] {
  return (path) => {
    if (path === list) throw new UnusablePattern(`the list ${list} names itself`);
    return wordsIn(path);
  };
}

function nameMatches(word: string, found: PartyName): boolean {
  switch (word.toUpperCase()) {
    case 'KNOWN':
      return found.kind === 'known';
    case 'UNKNOWN':
      return found.kind === 'unknown';
    case 'PARANOID':
      return found.kind === 'paranoid';
    case 'LOCAL':
      return found.kind === 'known' && !found.name.includes('.');
    default:
      return found.kind === 'known' && textMatches(word, found.name);
  }
}

/** The address alone decides about these, so that nobody waits for a name server. */
function mayBeName(word: string): boolean {
  return word.toUpperCase() !== 'ALL' && /[^0-9.*?[\]:]/.test(word) && !word.startsWith('[');
}

/** `.suffix`, `prefix.`, ALL, wildcards, or the whole; letter case does not count. */
function textMatches(word: string, text: string): boolean {
  const [pattern, value] = [word.toLowerCase(), text.toLowerCase()];
  if (pattern === 'all') return true;
  if (pattern.startsWith('.')) return value.length > pattern.length && value.endsWith(pattern);
  if (pattern.endsWith('.')) return value.startsWith(pattern);
  if (pattern.includes('*') || pattern.includes('?')) return wildcardMatches(pattern, value);
  if (pattern.startsWith('[') && pattern.endsWith(']')) return sameAddress(pattern.slice(1, -1), value);
  return pattern === value;
}

/** `*` is any text, `?` any character. Time grows with the product of the lengths, not faster. */
function wildcardMatches(pattern: string, text: string): boolean {
  let [at, star, resume] = [0, -1, 0];
  for (let index = 0; index < text.length; ) {
    if (pattern[at] === '*') {
      star = at;
      at += 1;
      resume = index;
    } else if (pattern[at] === '?' || pattern[at] === text[index]) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      at = star + 1;
      resume += 1;
      index = resume;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}

function sameAddress(one: string, other: string): boolean {
  const address = isIpv6(one) ? ipKey(one) : undefined;
  return address !== undefined && address === ipKey(other);
}

/** `network/mask` or `network/bits`, IPv6 as `[network]/bits`. @throws UnusablePattern */
function inNetwork(word: string, address: string): boolean {
  const bytes = ipBytes(ipKey(address) ?? '');
  const network = networkOf(word);
  return bytes !== undefined && contains(network, bytes);
}

function networkOf(word: string): Block {
  const slash = word.indexOf('/');
  const [network, mask] = [word.slice(0, slash), word.slice(slash + 1)];
  if (isIPv4(network) && isIPv4(mask)) return maskedBlock(network, mask);
  const prefix = parsePrefix(word);
  const bracketed = network.startsWith('[');
  if ('why' in prefix || bracketed !== isIpv6(withoutBrackets(network))) {
    throw new UnusablePattern(`"${word}" is not ${bracketed ? 'an IPv6 network' : 'a network and its mask'}`);
  }
  return block(prefix.address, prefix.bits);
}
