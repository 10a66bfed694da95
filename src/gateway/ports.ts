/** Port lists and port maps as people write them on a command line. Pure; a list is sorted, merged and never empty. */
import type { PortRange } from '../config/config.ts';

export type Parsed<T> = { readonly kind: 'ok'; readonly value: T } | { readonly kind: 'wrong'; readonly why: string };

export interface PortMapping {
  readonly from: number;
  readonly to: number;
}

const HIGHEST_PORT = 65_535;

/** `443,1935,8000-8010`: single ports and ranges, both ends included. */
export function parsePortList(text: string): Parsed<readonly PortRange[]> {
  const ranges: PortRange[] = [];
  for (const part of text.split(',')) {
    const range = parseRange(part.trim());
    if (range === undefined) return { kind: 'wrong', why: `"${part.trim()}" is not a port or a range of ports from 1 to ${HIGHEST_PORT}` };
    ranges.push(range);
  }
  return { kind: 'ok', value: mergeRanges(ranges) };
}

/** `1935:443,80:443`: what is dialled instead of the original port. */
export function parsePortMap(text: string): Parsed<readonly PortMapping[]> {
  const mappings: PortMapping[] = [];
  for (const part of text.split(',')) {
    const [from, to, ...more] = part.split(':').map((word) => parsePort(word.trim()));
    if (from === undefined || to === undefined || more.length > 0) {
      return { kind: 'wrong', why: `"${part.trim()}" is not of the form FROM:TO with two ports` };
    }
    if (mappings.some((mapping) => mapping.from === from)) return { kind: 'wrong', why: `port ${from} is mapped twice` };
    mappings.push({ from, to });
  }
  return { kind: 'ok', value: mappings };
}

export function hasPort(ranges: readonly PortRange[], port: number): boolean {
  return ranges.some((range) => range.from <= port && port <= range.to);
}

/** As `parsePortList` reads it; `separator` joins the ends of a range (iptables wants a colon). */
export function portListText(ranges: readonly PortRange[], separator = '-'): string {
  return ranges.map((range) => rangeText(range, separator)).join(',');
}

export function rangeText({ from, to }: PortRange, separator = '-'): string {
  return from === to ? String(from) : `${from}${separator}${to}`;
}

/** Sorted, with overlapping and adjoining ranges joined: nftables refuses a set whose intervals overlap. */
function mergeRanges(ranges: readonly PortRange[]): readonly PortRange[] {
  const merged: { from: number; to: number }[] = [];
  for (const range of ranges.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last !== undefined && range.from <= last.to + 1) last.to = Math.max(last.to, range.to);
    else merged.push({ ...range });
  }
  return merged;
}

function parseRange(text: string): PortRange | undefined {
  const [first, second, ...more] = text.split('-').map(parsePort);
  if (first === undefined || more.length > 0) return undefined;
  if (!text.includes('-')) return { from: first, to: first };
  return second === undefined || second < first ? undefined : { from: first, to: second };
}

function parsePort(text: string): number | undefined {
  if (text === '' || text.length > 5 || [...text].some((digit) => digit < '0' || digit > '9')) return undefined;
  const port = Number(text);
  return port >= 1 && port <= HIGHEST_PORT ? port : undefined;
}
