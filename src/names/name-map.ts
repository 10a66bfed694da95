/**
 * The user's own list of names (`nameMap`): one `ADDRESS[/PREFIX][:PORT] NAME` a line, IPv6 with a port in brackets. The most
 * specific line counts: the longest prefix, and of two equal ones that with a port.
 */
import { BlockList, isIP } from 'node:net';
import type { Host } from '../address/host-name.ts';
import { parseHost } from '../address/host-name.ts';
import { addressKey } from '../address/ip.ts';

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
  readonly family: 4 | 6;
  readonly bits: number;
  /** undefined: every port. */
  readonly port: number | undefined;
  readonly covers: BlockList;
  readonly host: Host;
}

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
  const key = addressKey(address);
  if (key === undefined) return undefined;
  const family = isIP(key);
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const found = entries.find(
    (entry) => entry.family === family && (entry.port === undefined || entry.port === port) && entry.covers.check(key, type),
  );
  return found?.host;
}

function parseLine(line: string): Entry | string {
  const words = line.split(/\s+/);
  const [where = '', name = ''] = words;
  if (words.length !== 2) return 'write ADDRESS[/PREFIX][:PORT] NAME, two words';
  const host = parseHost(name);
  if (host === undefined) return `"${name}" is no host name`;
  const place = parsePlace(where);
  if (typeof place === 'string') return place;
  const covers = new BlockList();
  covers.addSubnet(place.address, place.bits, place.family === 4 ? 'ipv4' : 'ipv6');
  return { family: place.family, bits: place.bits, port: place.port, covers, host };
}

interface Place {
  readonly address: string;
  readonly family: 4 | 6;
  readonly bits: number;
  readonly port: number | undefined;
}

/** `192.0.2.7`, `192.0.2.0/24:443`, `2001:db8::/32`, `[2001:db8::7]:443`, `[2001:db8::]/32:443`, `[2001:db8::/32]:443`. */
function parsePlace(text: string): Place | string {
  const { block, port } = splitPort(text);
  if (port !== undefined && (!isNumber(port) || Number(port) > 65_535)) return `"${port}" is no port`;
  const [written = '', prefix, ...more] = block.replace('[', '').replace(']', '').split('/');
  const address = addressKey(written);
  if (address === undefined || more.length > 0) return `"${block}" is no IP address`;
  const family = isIP(address) === 4 ? 4 : 6;
  const most = family === 4 ? 32 : 128;
  if (prefix !== undefined && (!isNumber(prefix) || Number(prefix) > most)) return `"${prefix}" is no prefix length`;
  return { address, family, bits: prefix === undefined ? most : Number(prefix), port: port === undefined ? undefined : Number(port) };
}

function splitPort(text: string): { block: string; port: string | undefined } {
  const colon = text.lastIndexOf(':');
  const bracketed = text.startsWith('[');
  const hasPort = bracketed ? colon > text.indexOf(']') : colon !== -1 && text.indexOf(':') === colon;
  return hasPort ? { block: text.slice(0, colon), port: text.slice(colon + 1) } : { block: text, port: undefined };
}

function isNumber(text: string): boolean {
  return text.length > 0 && text.length <= 5 && [...text].every((char) => char >= '0' && char <= '9');
}
