/**
 * `npm run fuzz -- 1h [WORD...]`: searches for that long (`90s`, `30m`, `1h`) in every subject whose name contains one of the words. What it
 * finds goes to findings/, what reaches new code to corpus/; both are to be committed. Exit code 1 where there was a finding.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SUBJECTS } from '../subjects/index.ts';
import { BatchFile, batchBegun, readBatch } from './batch-file.ts';
import { keepFinding } from './kept.ts';
import type { Order, Told } from './searcher.ts';

const UNITS_MS = { s: 1000, m: 60_000, h: 3_600_000 };
/** A batch takes some tens of milliseconds: whoever works on one for so long works on it for ever. */
const STUCK_MS = 60_000;
const STUCK = 'comes to no end';
const LOOK_MS = 1000;

const [time = '', ...words] = process.argv.slice(2);
const [, count, unit] = /^(\d+)([smh])$/.exec(time) ?? [];
const until = Date.now() + Number(count) * (UNITS_MS[unit as keyof typeof UNITS_MS] ?? Number.NaN);
const chosen = SUBJECTS.flatMap(({ name }, number) => (words.length === 0 || words.some((word) => name.includes(word)) ? [number] : []));
if (Number.isNaN(until) || chosen.length === 0) {
  process.stderr.write(`usage: npm run fuzz -- 90s|30m|1h [WORD...], with words of: ${SUBJECTS.map(({ name }) => name).join(', ')}\n`);
  process.exitCode = 2;
} else {
  process.exitCode = await main();
}

async function main(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'overcoat-search-'));
  const totals = new Map<string, { inputs: number; kept: number; functions: number }>();
  const found: string[] = [];
  const keep = (subject: string, input: Buffer, why: string): void => {
    found.push(`${subject}: ${why.split('\n', 1)[0]}\n  ${keepFinding(subject, input, why)}`);
    process.stdout.write(`finding in ${found.at(-1)}\n`);
  };
  const hear = (told: Told): void => {
    if (told.kind === 'finding') {
      keep(told.subject, Buffer.from(told.input, 'base64'), told.why);
      return;
    }
    const total = totals.get(told.subject) ?? { inputs: 0, kept: 0, functions: 0 };
    totals.set(told.subject, { inputs: total.inputs + told.inputs, kept: told.kept, functions: told.functions });
  };
  try {
    for (let left = chosen, round = 0; left.length > 0 && (round === 0 || Date.now() < until); round += 1) {
      const batchFile = join(folder, `batch-${round}`);
      writeFileSync(batchFile, '');
      const order: Order = { subjects: left, seed: (Date.now() | 0) + round, until, batchFile };
      const end = await search(order, hear);
      if (end === undefined) break;
      const batch = readBatch(batchFile);
      const subject = batch === undefined ? undefined : SUBJECTS[batch.subject];
      if (batch === undefined || subject === undefined) throw new Error(`the searcher has ended before its first batch: ${end}`);
      const culprit = await culpritOf(folder, batch.subject, batch.inputs);
      if (culprit !== undefined) keep(subject.name, culprit, end);
      else if (end === STUCK)
        process.stdout.write(`${subject.name} was at a batch for ${STUCK_MS / 1000} s that none of its inputs explains\n`);
      else found.push(`${subject.name}: ${end}, by no input of its batch alone`);
      left = left.filter((number) => number !== batch.subject); // until that is mended
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  for (const [name, { inputs, kept, functions }] of [...totals].sort(([a], [b]) => (a < b ? -1 : 1))) {
    process.stdout.write(`${name}: ${inputs} inputs, ${kept} that reached new code, ${functions} functions of src/\n`);
  }
  const inputs = [...totals.values()].reduce((sum, total) => sum + total.inputs, 0);
  process.stdout.write(
    `${inputs} inputs in ${chosen.length} subjects, ${found.length} findings\n${found.map((text) => `${text}\n`).join('')}`,
  );
  return found.length > 0 ? 1 : 0;
}

/** Runs one searcher to its end. @returns how it ended where it should not have, or undefined */
function search(order: Order, hear: (told: Told) => void): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = fork(join(import.meta.dirname, 'searcher.ts'), [JSON.stringify(order)], { execArgv: ['--max-old-space-size=1024'] });
    let stuck = false;
    const watch = setInterval(() => {
      stuck = Date.now() - batchBegun(order.batchFile) > STUCK_MS;
      if (stuck) child.kill('SIGKILL');
    }, LOOK_MS);
    const stop = (): void => void child.kill('SIGKILL');
    process.once('SIGINT', stop).once('SIGTERM', stop);
    child.on('message', (told: Told) => hear(told));
    child.on('exit', (code, signal) => {
      clearInterval(watch);
      process.off('SIGINT', stop).off('SIGTERM', stop);
      resolve(stuck ? STUCK : code === 0 ? undefined : `ends the process (${signal ?? `exit code ${code}`})`);
    });
  });
}

/** The input of a batch that ends or blocks a process by itself: the half that does, and the half of that. */
async function culpritOf(folder: string, subject: number, inputs: readonly Buffer[]): Promise<Buffer | undefined> {
  let suspects = inputs;
  while (suspects.length > 1) {
    const middle = suspects.length >> 1;
    const first = suspects.slice(0, middle);
    suspects = (await isSurvived(folder, subject, first)) ? suspects.slice(middle) : first;
  }
  return (await isSurvived(folder, subject, suspects)) ? undefined : suspects[0];
}

function isSurvived(folder: string, subject: number, inputs: readonly Buffer[]): Promise<boolean> {
  const path = join(folder, 'suspects');
  const file = new BatchFile(path);
  file.write(subject, inputs);
  file.close();
  const child = fork(join(import.meta.dirname, 'run-one.ts'), ['--batch', path], { stdio: 'ignore' });
  const limit = setTimeout(() => child.kill('SIGKILL'), STUCK_MS);
  return new Promise((resolve) => {
    child.on('exit', (code) => {
      clearTimeout(limit);
      resolve(code === 0);
    });
  });
}
