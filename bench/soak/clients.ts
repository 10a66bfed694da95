/** The clients of one way: the load of `load.ts` in a process of its own, and what it has said. */
import { join } from 'node:path';
import { Program } from '../../test/support/program.ts';
import type { Failure, LoadSpec, Second } from './load.ts';
import type { Way } from './site.ts';

const PROGRAM = join(import.meta.dirname, 'load.ts');

export type Amount = Pick<LoadSpec, 'shortPerSecond' | 'atOnce' | 'streams' | 'bulk'>;

export interface Outcome {
  readonly seconds: readonly Second[];
  readonly failures: readonly Failure[];
}

export class LoadClients {
  readonly #program: Program;

  constructor({ chain, place, host, port, dialogue }: Way, amount: Amount, seed: number) {
    const spec: LoadSpec = { chain, host, port, dialogue, seed, ...amount };
    this.#program = new Program([process.execPath, PROGRAM, JSON.stringify(spec)], { place, keepInput: true });
  }

  /** Lets what is under way finish. @throws Error when it did not end well */
  async finish(): Promise<Outcome> {
    this.#program.write('stop\n');
    const { code, signal, stdout, stderr } = await this.#program.finished;
    if (code !== 0) throw new Error(`the clients ended with ${signal ?? code}:\n${stderr}`);
    const seconds: Second[] = [];
    const failures: Failure[] = [];
    for (const line of stdout.split('\n').filter(Boolean)) {
      const { second, failure } = JSON.parse(line) as { second?: Second; failure?: Failure };
      if (second !== undefined) seconds.push(second);
      if (failure !== undefined) failures.push(failure);
    }
    return { seconds, failures };
  }

  kill(): void {
    this.#program.kill('SIGKILL');
  }
}

/** Clients for so many milliseconds, and what they did in all of them. */
export async function during(way: Way, amount: Amount, seed: number, work: () => Promise<void>): Promise<Outcome> {
  const clients = new LoadClients(way, amount, seed);
  try {
    await work();
    return await clients.finish();
  } finally {
    clients.kill();
  }
}
