/** The program of start.ts: KIND PORT COUNT [ADDRESS...]. Says `begun`; on SIGTERM it stops, and prints its tally as one line of JSON. */
import type { KindName, Tally } from './kinds.ts';
import { KINDS } from './kinds.ts';

const [kind = '', port, count, ...from] = process.argv.slice(2);
const tally: Tally = { begun: 0, refused: 0, answered: 0, acts: 0 };
let stopped = false;
process.once('SIGTERM', () => {
  stopped = true;
  process.stdout.write(`tally ${JSON.stringify(tally)}\n`);
});
KINDS[kind as KindName]({ port: Number(port), count: Number(count), ...(from.length > 0 && { from }) }, tally, () => stopped);
process.stdout.write('begun\n');
