/**
 * `npm run bench [-- SCENARIO...]`: measures Overcoat beside stunnel, HAProxy, nginx and hitch and rewrites the measured sections of
 * docs/benchmarks.md. Proxies take turns within each round, so that a machine that changes its speed changes it for all.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../src/linux/files/find-program.ts';
import { generatorLimits } from './load/limits.ts';
import type { Section } from './page.ts';
import { withSection } from './page.ts';
import type { Series } from './report.ts';
import { surroundings, table } from './report.ts';
import type { Material } from './run.ts';
import { makeMaterial } from './run.ts';
import { bulk, bulk8 } from './scenarios/bulk.ts';
import { connections, connectionsCommon } from './scenarios/connections.ts';
import { gateway } from './scenarios/gateway.ts';
import { latency, latencyLoaded } from './scenarios/latency.ts';
import { memory, stalled } from './scenarios/memory.ts';
import { firstByte, names } from './scenarios/names.ts';
import { observing, observingStreams } from './scenarios/observing.ts';
import type { Row, Scenario } from './scenarios/scenario.ts';
import { startup } from './scenarios/startup.ts';
import { startupForms } from './scenarios/startup-forms.ts';
import { streams } from './scenarios/streams.ts';
import { SUBJECTS } from './subjects/index.ts';
import type { Subject } from './subjects/subject.ts';

const SCENARIOS: readonly Scenario[] = [
  startup,
  startupForms,
  bulk,
  bulk8,
  connections,
  connectionsCommon,
  latency,
  latencyLoaded,
  memory,
  stalled,
  streams,
  names,
  firstByte,
  gateway,
  observing,
  observingStreams,
];
const PAGE = join(import.meta.dirname, '..', 'docs', 'benchmarks.md');
const MACHINE = 'machine';
/** No round begins that would end after it, so that one scenario takes less than three minutes, and what its proxies need to get warm. */
const SCENARIO_MS = 165_000;

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
if (unknown.length > 0) {
  process.stderr.write(`unknown scenario ${unknown.join(', ')}; there are ${SCENARIOS.map(({ name }) => name).join(', ')}\n`);
  process.exitCode = 2;
} else {
  await main(SCENARIOS.filter(({ name }) => wanted.length === 0 || wanted.includes(name)));
}

async function main(scenarios: readonly Scenario[]): Promise<void> {
  const proxies = SUBJECTS.filter((subject) => subject.name === 'overcoat' || findProgram(subject.version[0] ?? '') !== undefined);
  const material = makeMaterial();
  const body = `${surroundings(proxies)}\n${await generatorLimits(material)}`;
  publish({ name: MACHINE, title: 'Machine and versions', body });
  for (const scenario of scenarios) {
    const obstacle = scenario.obstacle?.() ?? false;
    if (obstacle === false) publish({ ...scenario, body: await bodyOf(scenario, scenario.subjects ?? proxies, material) });
    else process.stdout.write(`\n${scenario.name} is left out: it ${obstacle}\n`);
  }
}

/** At once, so that a run that is stopped has not measured in vain. */
function publish(section: Section): void {
  process.stdout.write(`\n${section.title}\n${section.body}\n`);
  const page = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '';
  writeFileSync(PAGE, withSection(page, section, [MACHINE, ...SCENARIOS.map(({ name }) => name)]));
}

async function bodyOf(scenario: Scenario, subjects: readonly Subject[], material: Material): Promise<string> {
  const series = new Map<string, Map<string, number[]>>();
  const most = Math.max(...scenario.rows.map(({ rounds }) => rounds));
  let round = 0;
  try {
    for (const row of scenario.rows) {
      if (row.prepare !== undefined)
        for (const subject of able(row, subjects)) await attempt(subject, () => row.prepare?.(subject, material));
    }
    const endsAt = performance.now() + SCENARIO_MS;
    for (let roundMs = 0; round < most && performance.now() + roundMs < endsAt; round += 1) {
      const since = performance.now();
      const turns = [...subjects.slice(round % subjects.length), ...subjects.slice(0, round % subjects.length)]; // nobody is always after the same
      for (const row of scenario.rows.filter(({ rounds }) => round < rounds)) await takeTurns(row, turns, material, series);
      roundMs = performance.now() - since;
    }
  } finally {
    for (const row of scenario.rows) await row.over?.();
  }
  const all: Series[] = [...series].map(([metric, values]) => ({ metric, values }));
  const names = subjects.map(({ name }) => name);
  return `${table(all, names)}\n\nRounds: ${round}.`;
}

/** One round of one row. A proxy that fails has no value in it; the run goes on and ends with 1. */
async function takeTurns(
  row: Row,
  subjects: readonly Subject[],
  material: Material,
  series: Map<string, Map<string, number[]>>,
): Promise<void> {
  for (const subject of able(row, subjects)) {
    await attempt(subject, async () => {
      const values = await row.measure(subject, material);
      for (const [index, metric] of row.metrics.entries()) {
        const ofMetric = series.getOrInsertComputed(metric, () => new Map());
        ofMetric.getOrInsertComputed(subject.name, () => []).push(values[index] ?? Number.NaN);
        process.stderr.write(`${metric} | ${subject.name} | ${values[index]?.toFixed(3)}\n`);
      }
    });
  }
}

function able({ mode }: Row, subjects: readonly Subject[]): readonly Subject[] {
  return subjects.filter(({ modes }) => modes.includes(mode));
}

async function attempt(subject: Subject, work: () => Promise<void> | undefined): Promise<void> {
  try {
    await work();
  } catch (cause) {
    process.stderr.write(`${subject.name} failed: ${cause instanceof Error ? cause.message : String(cause)}\n`);
    process.exitCode = 1;
  }
}
