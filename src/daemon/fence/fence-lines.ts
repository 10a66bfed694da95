/** A fence in words: for `confine = report`, for `overcoat doctor --confinement`. */
import type { Fence } from './fence.ts';

/** One line a kind of thing. */
export function fenceLines({
  rules: { read, readFiles, write, connect, bind },
  programs,
  strict,
  unixSockets,
  capabilities,
  open,
}: Fence): readonly string[] {
  return [
    `files read: ${listed([...read, ...readFiles])}`,
    `files written: ${listed(write)}`,
    `TCP connect: ${ports(connect)}`,
    `TCP bind: ${ports(bind)}`,
    `Unix sockets: ${unixSockets ? 'every path' : 'none can be made'}`,
    `programs: ${programs}`,
    `capabilities: ${capabilities === 'any' ? 'as started' : `of those it has, ${capabilities.join(' ')}`}`,
    `system calls: ${strict ? 'only those a relay needs' : 'all but those that reach into other processes, namespaces, mounts, the kernel and its keys'}`,
    ...open.map((text) => `left open: ${text}`),
  ];
}

function listed(paths: readonly string[]): string {
  return [...new Set(paths)].sort().join(' ');
}

function ports(list: readonly number[] | 'any'): string {
  if (list === 'any') return 'every port';
  return list.length === 0 ? 'none' : list.map((port) => (port === 0 ? 'one that the kernel chooses' : String(port))).join(', ');
}
