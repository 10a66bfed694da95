/** Hostile clients in a process of their own, which gives way to everything else on its processor. */
import { join } from 'node:path';
import { Program } from '../program.ts';
import type { Ending } from '../temp.ts';
import type { Aim, KindName, Tally } from './kinds.ts';

export interface Hostile {
  /** Ends them. @returns what became of them */
  stop(): Promise<Tally>;
}

/** @param processor the only one they may use; undefined: any */
export async function startHostile(t: Ending, kind: KindName, { port, count, from = [] }: Aim, processor?: number): Promise<Hostile> {
  const pinned = processor === undefined ? [] : ['taskset', '-c', String(processor)];
  const argv = [
    ...pinned,
    'nice',
    '-n',
    '10',
    process.execPath,
    join(import.meta.dirname, 'run.ts'),
    kind,
    String(port),
    String(count),
    ...from,
  ];
  const program = new Program(argv);
  t.after(() => program.kill('SIGKILL'));
  await program.saw(/^begun$/m);
  return {
    stop: async () => {
      program.kill('SIGTERM');
      const [, tally = ''] = await program.saw(/^tally (.+)$/m);
      program.kill('SIGKILL');
      await program.finished;
      return JSON.parse(tally) as Tally;
    },
  };
}
