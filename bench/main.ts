/**
 * `npm run bench [-- SCENARIO...]`: measures Overcoat beside stunnel, HAProxy, nginx and hitch and rewrites the measured sections of
 * docs/benchmarks.md. Proxies take turns within each round, so that a machine that changes its speed changes it for all.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../src/linux/find-program.ts';
import type { Series } from './report.ts';
import { readPage, replaceSection, surroundings, table } from './report.ts';
import type { Material } from './run.ts';
import { Load, makeMaterial, removeMaterial } from './run.ts';
import { bulk, bulk8 } from './scenarios/bulk.ts';
import { connections, connectionsCommon } from './scenarios/connections.ts';
import { latency, latencyLoaded } from './scenarios/latency.ts';
import { memory, stalled } from './scenarios/memory.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { startup } from './scenarios/startup.ts';
import { streams } from './scenarios/streams.ts';
import { SUBJECTS } from './subjects/index.ts';
import type { Subject } from './subjects/subject.ts';

const SCENARIOS: readonly Scenario[] = [
  startup,
  bulk,
  bulk8,
  connections,
  connectionsCommon,
  latency,
  latencyLoaded,
  memory,
  stalled,
  streams,
];
const PAGE = join(import.meta.dirname, '..', 'docs', 'benchmarks.md');

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
if (unknown.length > 0) {
  process.stderr.write(`unknown scenario ${unknown.join(', ')}; there are ${SCENARIOS.map(({ name }) => name).join(', ')}\n`);
  process.exitCode = 2;
} else {
  await main(SCENARIOS.filter(({ name }) => wanted.length === 0 || wanted.includes(name)));
}

async function main(scenarios: readonly Scenario[]): Promise<void> {
  const subjects = SUBJECTS.filter((subject) => subject.name === 'overcoat' || findProgram(subject.version[0] ?? '') !== undefined);
  const material = makeMaterial();
  let page = readPage(PAGE);
  try {
    page = replaceSection(
      page,
      { name: 'machine', title: 'Machine and versions' },
      `${surroundings(subjects)}\n- ${await generatorLimit(material)}`,
    );
    for (const scenario of scenarios) {
      const body = table(await measure(scenario, subjects, material), subjects);
      process.stdout.write(`\n${scenario.title}\n${body}\n`);
      page = replaceSection(page, scenario, body);
      writeFileSync(PAGE, page);
    }
  } finally {
    removeMaterial(material);
  }
}

async function measure(scenario: Scenario, subjects: readonly Subject[], material: Material): Promise<Series[]> {
  const series: Series[] = [];
  for (const row of scenario.rows) {
    const values = new Map<string, number[]>(subjects.map(({ name }) => [name, []]));
    for (let round = 0; round < row.rounds; round += 1) {
      for (const subject of subjects.filter(({ modes }) => modes.includes(row.mode))) {
        const value = await row.measure(subject, material);
        values.get(subject.name)?.push(value);
        process.stderr.write(`${row.metric} | ${subject.name} | ${value.toFixed(3)}\n`);
      }
    }
    series.push({ row, values });
  }
  return series;
}

/** What the generator reaches when nothing stands between its client and its backend: it must be well above every proxy. */
async function generatorLimit(material: Material): Promise<string> {
  const load = new Load(material, 'plain');
  try {
    const { port = 0 } = await load.ask({ kind: 'backend' });
    const request = { kind: 'bulk', port, direction: 'up', connections: 1, bytes: 10 ** 9, check: false } as const;
    await load.ask(request);
    const { seconds = 1 } = await load.ask(request);
    return `load generator without a proxy: ${(1000 / seconds).toFixed(0)} MB/s, both ends in one process`;
  } finally {
    load.stop();
  }
}
