/**
 * The user's own list of names (`nameMap`): one `ADDRESS[/PREFIX][:PORT] NAME` a line, IPv6 with a port in brackets. The most
 * specific line counts: the longest prefix, and of two equal ones that with a port.
 */
import { splitHostPort } from '../address/authority.ts';
import type { Block, Prefix } from '../address/block.ts';
import { block, contains, parsePrefix } from '../address/block.ts';
import type { Host } from '../address/host-name.ts';
import { parseHost } from '../address/host-name.ts';
import { ipBytes, ipKey, withoutBrackets } from '../address/ip.ts';

export interface NameMap {
  /** @returns undefined where no line covers this destination */
  find(address: string, port: number): Host | undefined;
}

/** A line that cannot be read; `line` is 1-based. */
export interface NameMapProblem {
  readonly line: number;
  readonly text: string;
}

interface Entry {
  readonly block: Block;
  readonly bits: number;
  /** undefined: every port. */
  readonly port: number | undefined;
  readonly host: Host;
}

/** Never throws. Of several entries for an address the one with the longest prefix counts, and one with its port before one without. */
export function parseNameMap(text: string): { readonly map: NameMap; readonly problems: readonly NameMapProblem[] } {
  const entries: Entry[] = [];
  const problems: NameMapProblem[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const entry = parseLine(line);
    if (typeof entry === 'string') problems.push({ line: index + 1, text: entry });
    else entries.push(entry);
  }
  entries.sort((a, b) => b.bits - a.bits || Number(b.port !== undefined) - Number(a.port !== undefined));
  return { map: { find: (address, port) => find(entries, address, port) }, problems };
}

function find(entries: readonly Entry[], address: string, port: number): Host | undefined {
  const bytes = ipBytes(ipKey(address) ?? '');
  if (bytes === undefined) return undefined;
  return entries.find((entry) => (entry.port === undefined || entry.port === port) && contains(entry.block, bytes))?.host;
}

function parseLine(line: string): Entry | string {
  const words = line.split(/\s+/);
  const [where = '', name = ''] = words;
  if (words.length !== 2) return 'write ADDRESS[/PREFIX][:PORT] NAME, two words';
  const host = parseHost(name);
  if (host === undefined) return `"${name}" is no host name`;
  const destination = parseDestination(where);
  if (typeof destination === 'string') return destination;
  const { prefix, port } = destination;
  return { block: block(prefix.address, prefix.bits), bits: prefix.bits, port, host };
}

interface Destination {
  readonly prefix: Prefix;
  readonly port: number | undefined;
}

/** `192.0.2.7`, `192.0.2.0/24:443`, `2001:db8::/32`, `[2001:db8::7]:443`, `[2001:db8::]/32:443`, `[2001:db8::/32]:443`. */
function parseDestination(text: string): Destination | string {
  const { host, port } = text.startsWith('[') || text.indexOf(':') === text.lastIndexOf(':') ? splitHostPort(text) : { host: text };
  if (port !== undefined && (!isNumber(port) || Number(port) > 65_535)) return `"${port}" is no port`;
  const prefix = parsePrefix(withoutBrackets(host));
  if ('why' in prefix) return prefix.why === 'no address' ? `"${host}" is no IP address` : `"${host}" has no valid prefix length`;
  return { prefix, port: port === undefined ? undefined : Number(port) };
}

function isNumber(text: string): boolean {
  return text.length > 0 && text.length <= 5 && [...text].every((char) => char >= '0' && char <= '9');
}
