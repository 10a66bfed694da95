/** Inputs that were findings once, and those that reach the most code: none is a finding any more, and they stay small. */
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { suite, test } from 'node:test';
import { intersection } from './search/coverage.ts';
import { keptFile, keptInputs } from './search/kept.ts';
import { SUBJECTS } from './subjects/index.ts';

const MOST_BYTES = 1_000_000;

suite('kept inputs', () => {
  for (const kind of ['findings', 'corpus'] as const) {
    for (const { name, run, close } of SUBJECTS) {
      const inputs = keptInputs(kind, name);
      if (inputs.length === 0) continue;
      test(`${name}: ${kind}`, async () => {
        try {
          for (const input of inputs) await run(Buffer.from(input));
        } finally {
          await close?.();
        }
      });
    }
  }

  test('belong to a subject each, and take less than a megabyte', () => {
    const files = (['findings', 'corpus'] as const).flatMap((kind) => {
      const folder = dirname(keptFile(kind, 'x'));
      return readdirSync(folder).map((name) => `${folder}/${name}`);
    });
    const names = SUBJECTS.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    assert.deepEqual(
      files.map((file) => basename(file, '.txt')).filter((name) => !names.includes(name) && name !== 'README.md'),
      [],
    );
    assert.ok(files.length > 10, 'there are any');
    assert.ok(files.reduce((sum, file) => sum + statSync(file).size, 0) < MOST_BYTES);
  });

  test('are chosen by what they leave uncovered', () => {
    assert.deepEqual(
      intersection(
        [
          [0, 10],
          [20, 30],
        ],
        [
          [5, 25],
          [28, 40],
        ],
      ),
      [
        [5, 10],
        [20, 25],
        [28, 30],
      ],
    );
    assert.deepEqual(intersection([[0, 10]], []), []);
  });
});
