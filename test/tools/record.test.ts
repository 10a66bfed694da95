/** The record of the release tests, and who says it. */
import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkedOutCommit, RECORD, recordLine, updatedRecord } from '../../tools/test/record.ts';
import { ROOT } from '../support/overcoat/checkout.ts';
import { runProgram } from '../support/program.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

const when = new Date('2026-01-02T03:04:05Z');
const result = { passed: 2, failures: [{ name: 'x', text: 'y' }], skipped: [], left: [], seconds: 1, cpuSeconds: 1, output: '' };

test('has one line a file, the newest', () => {
  const b = recordLine(when, 'abc', { ...result, file: 'test/release/b.test.ts' });
  assert.equal(b, '2026-01-02T03:04Z abc test/release/b.test.ts: 2 passed, 1 failed, 0 skipped, 1 s');
  const old = '2025-01-01T00:00Z old test/release/b.test.ts: x\n2025-01-01T00:00Z old test/release/a.test.ts: y\n';
  assert.equal(updatedRecord(old, b), `2025-01-01T00:00Z old test/release/a.test.ts: y\n${b}\n`);
  assert.equal(updatedRecord('', b), `${b}\n`);
});

test('names the commit in one word', () => assert.match(checkedOutCommit(), /^\S+$/));

test('what runs at each change says of each release test when it ran last, or that it never did', async (t) => {
  const folder = tempFolder(t);
  cpSync(join(ROOT, '.ci'), join(folder, '.ci'), { recursive: true });
  for (const path of ['bin', 'test/release']) mkdirSync(join(folder, path), { recursive: true });
  const line = recordLine(when, 'abc', { ...result, file: 'test/release/b.test.ts' });
  writeFiles(folder, {
    'bin/npm': '#!/bin/sh\necho "npm $*"\n',
    'test/release/a.test.ts': '',
    'test/release/b.test.ts': '',
    [RECORD]: updatedRecord('', line),
  });
  chmodSync(join(folder, 'bin/npm'), 0o755);
  const { stdout, stderr, code } = await runProgram([join(folder, '.ci/run')], {
    env: { ...process.env, PATH: `${join(folder, 'bin')}:${process.env['PATH']}` },
  });
  assert.deepEqual([code, stderr], [0, '']);
  assert.deepEqual(stdout.split('\n').slice(1), ['never test/release/a.test.ts', line, 'npm test', '']);
});
