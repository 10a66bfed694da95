/** The tables behind docs/promises.md and docs/threat-model.md: what they name exists, and a row that names something else is found. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { SHOWN } from '../../tools/docs/promises/pages.ts';
import { AREAS } from '../../tools/docs/promises/promises.ts';
import type { Figures } from '../../tools/docs/promises/shown-by.ts';
import { commands, figuresOf, keptFigures, missingOf, testsOf } from '../../tools/docs/promises/shown-by.ts';
import { THREATS } from '../../tools/docs/promises/threats.ts';

const FIGURES: Figures = {
  day: '2026-11-29',
  runtime: 'r',
  machine: 'm',
  tests: { 'behaviour/endings': { passed: 45, skipped: 1 }, 'fuzz/flights': { passed: 1, skipped: 0, told: '500 flights' } },
};

suite('promises', () => {
  test('every row of both pages is shown by something, and all of it exists', () => {
    assert.ok(AREAS.length >= 10 && THREATS.length >= 6 && SHOWN.length > 80);
    assert.ok(SHOWN.every((shown) => shown.length > 0));
    assert.deepEqual(missingOf(SHOWN), []);
  });

  test('figures are of tests that rows name, and most of those have one', () => {
    const { tests } = keptFigures();
    const named = testsOf(SHOWN).filter((name) => !name.startsWith('release/'));
    assert.deepEqual(
      Object.keys(tests).filter((name) => !named.includes(name)),
      [],
    );
    const without = named.filter((name) => tests[name] === undefined);
    assert.ok(without.length < named.length / 20, `npm run promises -- WORD measures ${without.join(', ')}`);
  });

  test('a test, a measurement or a command that does not exist is found', () => {
    assert.deepEqual(
      missingOf([
        [{ tests: ['behaviour/endings', 'behaviour/none'] }],
        [{ bench: 'bulk', metric: 'none', beside: [] }],
        [{ bench: 'none', metric: 'client up, MB/s', beside: [] }],
        [{ run: 'none -- 1h' }, { run: 'check -- --bytes' }],
      ]),
      [
        'there is no test/behaviour/none.test.ts',
        "docs/benchmarks.md has no row 'none' in bulk",
        "docs/benchmarks.md has no row 'client up, MB/s' in none",
        'package.json has no script for `npm run none -- 1h`',
      ],
    );
  });

  test('a command takes that test alone', () => {
    assert.equal(commands([{ tests: ['behaviour/endings'] }]), '`npm test -- behaviour/endings`');
    assert.equal(commands([{ tests: ['behaviour/renewal'] }]), '`npm test -- behaviour/renewal.test`', 'there is renewal-under-load, too');
    assert.equal(
      commands([{ tests: ['release/image'] }, { run: 'fuzz -- 1h' }]),
      '`npm run test:release -- release/image`<br>`npm run fuzz -- 1h`',
    );
  });

  test('figures are those of the run, the record and the benchmarks', () => {
    assert.equal(figuresOf([{ tests: ['behaviour/endings', 'fuzz/flights'] }], FIGURES), '45 of 45, 1 skipped<br>1 of 1 (500 flights)');
    assert.equal(figuresOf([{ tests: ['behaviour/volume'] }, { run: 'fuzz -- 1h' }], FIGURES), '-');
    assert.match(figuresOf([{ tests: ['release/package'] }], FIGURES), /^\d+ of \d+ \(\d{4}-\d\d-\d\d\)$/);
    assert.match(
      figuresOf([{ bench: 'bulk', metric: 'client up, MB/s', beside: ['stunnel'] }], FIGURES),
      /^client up, MB\/s: \d+ .*, [\d.]+ of stunnel$/,
    );
  });
});
