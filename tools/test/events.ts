/**
 * A reporter that writes what a test file does, one JSON object a line, for the runner to read while the file runs and after its end,
 * however that comes. The last line is the CPU time of the process and of everything it has waited for.
 */
import { readFileSync } from 'node:fs';
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';

export type FileEvent =
  | { readonly kind: 'started' | 'ended' | 'passed'; readonly name: string }
  | Told<'failed'>
  | Told<'skipped'>
  | { readonly kind: 'cpu'; readonly seconds: number };

interface Told<Kind> {
  readonly kind: Kind;
  readonly name: string;
  /** The failure, or the reason for skipping. */
  readonly text: string;
}

/** Linux counts times in /proc in hundredths of a second, whatever the kernel's own clock. */
const TICKS_PER_SECOND = 100;

export default async function* events(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    const line = fileEvent(event);
    if (line !== undefined) yield `${JSON.stringify(line)}\n`;
  }
  yield `${JSON.stringify({ kind: 'cpu', seconds: cpuSeconds() } satisfies FileEvent)}\n`;
}

/** `started` and `ended` come as things happen, the verdicts in the order of the file. A suite counts only when it is skipped (its tests are never registered) or fails by itself. */
function fileEvent({ type, data }: TestEvent): FileEvent | undefined {
  if (type === 'test:dequeue') return { kind: 'started', name: data.name };
  if (type === 'test:complete') return { kind: 'ended', name: data.name };
  if (type === 'test:pass') {
    if (data.skip !== undefined) {
      return { kind: 'skipped', name: data.name, text: typeof data.skip === 'string' ? data.skip : 'no reason given' };
    }
    return data.details.type === 'suite' ? undefined : { kind: 'passed', name: data.name };
  }
  if (type === 'test:fail') {
    const { error } = data.details;
    if (error instanceof Error && 'failureType' in error && error.failureType === 'subtestsFailed') return undefined;
    return { kind: 'failed', name: data.name, text: inspect(error.cause ?? error) };
  }
  return undefined;
}

function cpuSeconds(): number {
  if (process.platform !== 'linux') {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  }
  // proc(5): utime, stime, cutime and cstime are fields 14 to 17; the name in field 2 may hold anything, so count from its end.
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 15);
  return fields.reduce((sum, field) => sum + Number(field), 0) / TICKS_PER_SECOND;
}
