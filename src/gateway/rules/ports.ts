/** Port ranges as rules want them. Pure; the command line's parsers are in config/values/address-values.ts. */
import type { PortMapping, PortRange } from '../../config/config.ts';

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

/** The ports a mapping starts from: connections to them are wrapped, whatever else is chosen. */
export function mappedPorts(portMap: readonly PortMapping[]): readonly PortRange[] {
  return portMap.map(({ from }) => ({ from, to: from }));
}

/** Ports a mapping leads to that are not taken themselves: what hosts send to them passes as it is. */
export function untakenTargets(portMap: readonly PortMapping[], taken: readonly PortRange[]): readonly number[] {
  return [...new Set(portMap.map(({ to }) => to))].filter((port) => !hasPort(taken, port));
}

export function untakenText(port: number): string {
  return `Port ${port} is where --map-port leads and is not taken itself: what hosts send there directly passes as it is; to wrap it, add it to --ports`;
}

export function rangeText({ from, to }: PortRange, separator = '-'): string {
  return from === to ? String(from) : `${from}${separator}${to}`;
}
