/**
 * `npm run soak -- 30m`: the product under half of what the machine gives, in both modes, with STARTTLS, a gateway, reloads and renewals, and
 * a fault every ten seconds. Prints what was kept of what is promised, keeps it as JSON, and ends with 1 where something was not.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Random } from '../../test/support/fuzz.ts';
import type { SoakArguments } from './arguments.ts';
import { readArguments, USAGE } from './arguments.ts';
import { judge, tableOf } from './report.ts';
import { openSite } from './site.ts';
import { soak } from './soak.ts';
import type { Series } from './watch.ts';

/** A share of the processors that makes no difference. */
const MOST_OTHERS = 0.15;
/** Of memory, one look of so many is kept. */
const EACH_LOOK = 10;
/** Kept of each log. */
const MOST_LINES = 2000;

const tell = (line: string): void => void process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);

const wanted = argumentsOrUsage();
if (wanted !== undefined) {
  await main(wanted).catch((cause: Error) => {
    process.stderr.write(`The soak could not go on: ${cause.message}\n`);
    process.exit(1); // takes down what it has started
  });
}

function argumentsOrUsage(): SoakArguments | undefined {
  try {
    const read = readArguments(process.argv.slice(2));
    if (read === undefined) process.stdout.write(USAGE);
    return read;
  } catch (cause) {
    process.stderr.write(`${(cause as Error).message}\n\n${USAGE}`);
    process.exitCode = 2;
    return undefined;
  }
}

async function main(given: SoakArguments): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const folder = mkdtempSync(join(tmpdir(), 'overcoat-soak-'));
  chmodSync(folder, 0o755);
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const startedAt = new Date();
  const site = await openSite(folder, new Random(given.seed));
  for (const missing of site.without) tell(`without ${missing}`);
  const soaked = await soak(site, given, tell);
  const judged = judge(soaked, site.products, await site.close());
  const { capacity, notDone, othersShare, reloads, renewals } = soaked;
  const machine = { cores: cpus().length, node: process.version };
  mkdirSync(dirname(given.out), { recursive: true });
  writeFileSync(
    given.out,
    JSON.stringify(
      {
        ...{ ...given, startedAt, machine, capacity, othersShare, reloads, renewals },
        ...{ without: site.without, notDone: Object.fromEntries(notDone), ...judged },
        memory: soaked.memory.series.map(thinned),
        log: Object.fromEntries(site.products.map(({ name, lines }) => [name, lines.slice(-MOST_LINES)])),
      },
      undefined,
      2,
    ),
  );
  process.stdout.write(
    `\n${tableOf(judged, notDone)}${reloads} reloads, ${renewals} renewals; seed ${given.seed}; all of it in ${given.out}\n`,
  );
  if (othersShare > MOST_OTHERS)
    process.stdout.write(
      `other programs took ${Math.round(othersShare * 100)} % of the processors: this was more load than was measured for\n`,
    );
  for (const { chain, kind, since, at, why } of judged.unexplained.slice(0, 20))
    process.stdout.write(`unexplained: ${chain} ${kind}, ${new Date(since).toISOString()} for ${at - since} ms: ${why}\n`);
  for (const line of judged.defects.slice(0, 20)) process.stdout.write(`defect: ${line}\n`);
  process.exitCode = judged.kept ? 0 : 1;
}

/** Small enough for a file that somebody reads. */
function thinned({ product, role, pid, samples }: Series): object {
  return {
    product,
    role,
    pid,
    samples: samples.filter((_, index) => index % EACH_LOOK === 0).map(({ at, value }) => [Math.round(at), Number(value.toFixed(2))]),
  };
}
