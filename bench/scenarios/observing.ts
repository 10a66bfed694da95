/** What it costs to be looked at: 200 streams and short connections with everything off, asked by others, and with records. */
import { askable, followed, observed, recorded, unobserved } from '../subjects/observed.ts';
import { connectionsRow } from './connections.ts';
import type { Scenario } from './scenario.ts';
import { streamsRow } from './streams.ts';

/** CPU is counted in steps of 10 ms: a percent of so many, where a few percent are looked for in medians. */
const MEASURED = 2000;
const WAYS = [unobserved, askable, observed, followed, recorded] as const;
const RATIO = 'a ratio of 0.97 is 3 % more CPU than with everything off';

export const observing: Scenario = {
  name: 'observing',
  title: `Observing short connections (${RATIO})`,
  rows: [connectionsRow('client', false, {}, MEASURED)],
  subjects: WAYS,
};

export const observingStreams: Scenario = {
  name: 'observing-streams',
  title: `Observing live streams (${RATIO})`,
  rows: [streamsRow('client')],
  subjects: WAYS,
};
