/** Port ranges as rules want them. Pure; the command line's parsers are in config/address-values.ts. */
import type { PortRange } from '../config/config.ts';

/** What is dialled instead of the original port; the address stays. */
export interface PortMapping {
  readonly from: number;
  readonly to: number;
}

/** Sorted, with overlapping and adjoining ranges joined: nftables refuses a set whose intervals overlap. */
export function mergeRanges(ranges: readonly PortRange[]): readonly PortRange[] {
  const merged: { from: number; to: number }[] = [];
  for (const range of ranges.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last !== undefined && range.from <= last.to + 1) last.to = Math.max(last.to, range.to);
    else merged.push({ ...range });
  }
  return merged;
}

export function hasPort(ranges: readonly PortRange[], port: number): boolean {
  return ranges.some((range) => range.from <= port && port <= range.to);
}

/** `443` or `8000-8010`; `separator` joins the ends of a range (iptables wants a colon). */
export function rangeText({ from, to }: PortRange, separator = '-'): string {
  return from === to ? String(from) : `${from}${separator}${to}`;
}
