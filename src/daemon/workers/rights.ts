/** What each process of ours may ask of the supervisor: one that was taken over learns and changes nothing that is not its business. */
import type { ProcessName } from '../../observe/daemon-events.ts';
import type { Question } from './messages.ts';

const OF_WORKERS: ReadonlySet<Question['kind']> = new Set(['name-for', 'keep-session', 'find-session', 'drop-session', 'log-secret']);
/** It serves the status port; it accepts no client of a service. */
const OF_SERVICE: ReadonlySet<Question['kind']> = new Set(['read-desk']);

/** It reads files; no byte of a network reaches it. */
const OF_READER: ReadonlySet<Question['kind']> = new Set(['files-changed']);

/** @param asker undefined: a spare, which has no role yet */
export function mayAsk(asker: ProcessName | undefined, { kind }: Pick<Question, 'kind'>): boolean {
  if (asker === undefined) return false;
  if (asker === 'reader') return OF_READER.has(kind);
  return (asker === 'service' ? OF_SERVICE : OF_WORKERS).has(kind);
}
