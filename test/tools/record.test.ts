/** The record of the release tests. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkedOutCommit, recordLine, updatedRecord } from '../../tools/test/record.ts';

const when = new Date('2026-01-02T03:04:05Z');
const result = { passed: 2, failures: [{ name: 'x', text: 'y' }], skipped: [], left: [], seconds: 1, cpuSeconds: 1, output: '' };

test('has one line a file, the newest', () => {
  const b = recordLine(when, 'abc', { ...result, file: 'test/release/b.test.ts' });
  assert.equal(b, '2026-01-02T03:04Z abc test/release/b.test.ts: 2 passed, 1 failed, 0 skipped');
  const old = '2025-01-01T00:00Z old test/release/b.test.ts: x\n2025-01-01T00:00Z old test/release/a.test.ts: y\n';
  assert.equal(updatedRecord(old, [b]), `2025-01-01T00:00Z old test/release/a.test.ts: y\n${b}\n`);
  assert.equal(updatedRecord('', [b]), `${b}\n`);
});

test('names the commit in one word', () => assert.match(checkedOutCommit(), /^\S+$/));
