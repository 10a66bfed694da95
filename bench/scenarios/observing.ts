/** What it costs to be looked at: 200 streams and short connections with everything off, asked by others, and with records. */
import { askable, followed, observed, recorded, unobserved } from '../subjects/observed.ts';
import { connectionsRow } from './connections.ts';
import type { Scenario } from './scenario.ts';
import { streamsRow } from './streams.ts';

/** CPU is counted in steps of 10 ms: half a percent of so many, where a few percent are looked for. */
const MEASURED = 4000;

export const observing: Scenario = {
  name: 'observing',
  title: 'Observing (a ratio of 0.97 is 3 % more CPU than with everything off)',
  rows: [streamsRow('client'), connectionsRow('client', false, {}, MEASURED)],
  subjects: [unobserved, askable, observed, followed, recorded],
};
