/** Measures good traffic (good-traffic.ts) through a service, alone and beside something else. */
import { join } from 'node:path';
import { Program } from '../program.ts';
import type { Ending } from '../temp.ts';
import type { Carried } from './good-traffic.ts';

export interface GoodTraffic {
  /** Where services of a configuration connect to. */
  readonly backend: number;
  /** Streams and ping-pong through a service for so long. Rejects where it could not be begun. */
  through(port: number, seconds: number): Promise<Carried>;
}

/** @param processor the only one it may use; undefined: any */
export async function startGoodTraffic(t: Ending, processor?: number): Promise<GoodTraffic> {
  const pinned = processor === undefined ? [] : ['taskset', '-c', String(processor)];
  const before = ['nice', '-n', '-10']; // it must not be late because hostile clients share its processor
  const program = new Program([...pinned, ...before, process.execPath, join(import.meta.dirname, 'good-traffic.ts'), '0'], {
    keepInput: true,
  });
  t.after(() => program.kill('SIGKILL'));
  const [, port] = await program.saw(/^port .*"port":(\d+)/m);
  let asked = 0;
  return {
    backend: Number(port),
    through: async (service, seconds) => {
      asked += 1;
      program.write(`${service} ${seconds}\n`);
      const answer = await program.until((output) => output.match(/^(?:carried|failed) .*$/gm)?.at(asked - 1), 1000 * seconds + 30_000);
      if (answer?.startsWith('carried ') !== true)
        throw new Error(`good traffic: ${answer ?? 'no answer'}\n${program.output.slice(-2000)}`);
      return JSON.parse(answer.slice('carried '.length)) as Carried;
    },
  };
}
