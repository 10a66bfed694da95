/** For programs that do not tell when their ports are open. */
import { readFileSync } from 'node:fs';

/** proc(5): the state of a listening socket in /proc/net/tcp. */
const LISTEN = '0A';

/** The TCP ports that are open in the network namespace of a process. */
export function listeningPorts(pid: number): ReadonlySet<number> {
  const lines = ['tcp', 'tcp6'].flatMap((table) => readFileSync(`/proc/${pid}/net/${table}`, 'latin1').split('\n').slice(1));
  const entries = lines.map((line) => line.trim().split(/\s+/)).filter(([, , , state]) => state === LISTEN);
  return new Set(entries.map(([, local = '']) => Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16)));
}
