/** From the start of the process to the first accepted connection. */
import { Bench } from '../run.ts';
import type { Scenario } from './scenario.ts';

export const startup: Scenario = {
  name: 'startup',
  title: 'Start-up',
  rows: [
    {
      metrics: ['start to listening, ms'],
      mode: 'client',
      rounds: 15,
      measure: async (subject, material) => {
        const bench = await Bench.start(subject, 'client', material);
        await bench.stop();
        return [bench.startMs];
      },
    },
  ],
};
