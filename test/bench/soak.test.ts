/** The verdict of a soak: what explains a failed connection, what counts as growth, what its words mean. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { readArguments, USAGE } from '../../bench/soak/arguments.ts';
import { shareOf } from '../../bench/soak/calibrate.ts';
import type { Happened } from '../../bench/soak/explain.ts';
import { explain } from '../../bench/soak/explain.ts';
import type { Failure } from '../../bench/soak/load.ts';
import { memoryRows } from '../../bench/soak/memory-rows.ts';
import { slopeOf } from '../../bench/soak/slope.ts';
import type { Series } from '../../bench/soak/watch.ts';
import { opening, readOpening } from '../../bench/soak/wire.ts';
import { ROOT } from '../support/overcoat/daemon.ts';
import { runProgram } from '../support/program.ts';

const CUT: Happened = { name: 'worker killed', whom: 'worker 2', breaks: ['direct'], how: 'cut', at: 10_000, until: 10_000 };
const OUTAGE: Happened = { name: 'upstream dead', whom: 'backend', breaks: ['mail'], how: 'outage', at: 20_000, until: 23_000 };

function failure(change: Partial<Failure>): Failure {
  return { chain: 'direct', kind: 'echo', since: 9000, at: 10_100, why: 'ECONNRESET', ...change };
}

suite('what explains a failed connection', () => {
  test('a cut, of those that were open', () => {
    assert.equal(explain(failure({}), [OUTAGE, CUT]), CUT);
    assert.equal(explain(failure({ since: 10_500, at: 10_600 }), [CUT]), undefined, 'it was begun afterwards');
    assert.equal(explain(failure({ since: 8000, at: 9000 }), [CUT]), undefined, 'it failed before');
    assert.equal(explain(failure({ at: 30_000 }), [CUT]), undefined, 'it failed too late');
    assert.equal(explain(failure({ chain: 'gateway' }), [CUT]), undefined, 'it went another way');
  });

  test('an outage, of those until its end', () => {
    assert.equal(explain(failure({ chain: 'mail', since: 22_000, at: 22_100, why: 'closed before a line' }), [OUTAGE]), OUTAGE);
    assert.equal(explain(failure({ chain: 'mail', since: 24_000, at: 24_100 }), [OUTAGE]), undefined);
  });

  test('nothing, where bytes are not those that were sent, or nothing came', () => {
    for (const why of ['corrupt: 12 bytes', 'nothing for 60 s', 'ENETUNREACH'])
      assert.equal(explain(failure({ why }), [CUT]), undefined, why);
  });
});

suite('growth', () => {
  test('is the slope of a line, with its error', () => {
    const samples = Array.from({ length: 600 }, (_, at) => ({ at, value: 100 + at / 600 + (at % 7) / 10 }));
    const { slope, error } = slopeOf(samples, 10) ?? assert.fail('no line');
    assert.ok(Math.abs(slope * 600 - 1) < 0.05, `${slope * 600} MB in ten minutes`);
    assert.ok(error * 600 < 0.05, `${error}`);
  });

  test('is unknown with little to see', () => {
    assert.equal(slopeOf([{ at: 0, value: 1 }], 10), undefined);
  });
});

suite('memory', () => {
  const SECONDS = 1800;
  const grown = (pid: number, perSecond: number, from = 0, until = SECONDS): Series => ({
    product: 'main',
    role: 'worker',
    pid,
    samples: Array.from({ length: until - from }, (_, index) => ({ at: from + index, value: 100 + perSecond * index })),
  });
  const judged = (series: readonly Series[]): readonly (boolean | undefined)[] => {
    const sum = Array.from({ length: SECONDS }, (_, at) => ({
      at,
      value: series.flatMap(({ samples }) => samples.filter((sample) => sample.at === at)).reduce((all, { value }) => all + value, 0),
    }));
    return memoryRows({ series, sum, warmSeconds: 120 }).map(({ kept }) => kept);
  };

  test('is judged for each process that lived throughout, and for those together', () => {
    assert.deepEqual(judged([grown(1, 0), grown(2, 0.0005)]), [true, true, true, undefined]);
    assert.deepEqual(judged([grown(1, 0), grown(2, 0.004)]), [true, false, false, undefined]);
    assert.deepEqual(judged([grown(1, 0.0012), grown(2, 0.0012)]), [true, true, false, undefined], 'each under a limit, together above');
  });

  test('one that was replaced, and grows to its size again, is shown and not judged', () => {
    const lives = [0, 600, 1200].map((from, index) => grown(10 + index, 0.05, from, from + 600));
    assert.deepEqual(judged([grown(1, 0), ...lives]), [true, undefined]);
  });
});

suite('words and shares of a soak', () => {
  test('durations have a unit; everything wrong is named', () => {
    assert.equal(readArguments(['30m'])?.durationMs, 1_800_000);
    assert.deepEqual(readArguments(['2m', '--seed', '7', '--faults', 'none', '--load', '10', '--out', 'x']), {
      durationMs: 120_000,
      seed: 7,
      faults: false,
      load: 0.1,
      out: 'x',
    });
    for (const [words, named] of [
      [['30'], /^30: a duration/],
      [['1s'], /at least 60s/],
      [['2m', '3m'], /one duration/],
      [['--seed', 'x'], /--seed x/],
      [['--faults', 'some'], /--faults some/],
      [['--load', '0'], /--load 0/],
    ] as const)
      assert.throws(() => readArguments(words), { message: named });
  });

  test('asked for its words, it says them and fails at nothing', async () => {
    for (const flag of ['--help', '-h']) {
      const { code, stdout, stderr } = await runProgram([process.execPath, join(ROOT, 'bench/soak/main.ts'), '2m', flag]);
      assert.deepEqual([code, stdout, stderr], [0, USAGE, '']);
    }
    const { code, stdout, stderr } = await runProgram([process.execPath, join(ROOT, 'bench/soak/main.ts'), '--halp']);
    assert.deepEqual([code, stdout], [2, '']);
    assert.ok(stderr.startsWith("Unknown option '--halp'") && stderr.endsWith(`\n\n${USAGE}`), stderr);
  });

  test('the shares of all ways are half of what the machine gives', () => {
    const capacity = { shortPerSecond: 1000, bytesPerSecond: 100_000_000 };
    for (const chains of [
      ['direct', 'mail', 'gateway'],
      ['direct', 'mail'],
    ] as const) {
      const amounts = chains.map((chain) => shareOf(capacity, 0.5, chain, chains));
      const perSecond = amounts.reduce((sum, { shortPerSecond }) => sum + Number(shortPerSecond), 0);
      assert.equal(Math.round(perSecond), 250, 'a quarter of the one, beside a quarter of the other');
    }
  });

  test('an opening is read as it was written, and nothing else is one', () => {
    assert.deepEqual(readOpening(opening('down', 4711)), { kind: 'down', bytes: 4711 });
    for (const text of ['x00000000000000\n', 'e0000000000000a\n', '']) assert.throws(() => readOpening(text), /no opening/);
  });
});
