/** The last lines of a run, from results written for the purpose. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Run } from '../../tools/test/closing.ts';
import { closing } from '../../tools/test/closing.ts';
import type { FileResult } from '../../tools/test/run-file.ts';

function result(file: string, more: Partial<FileResult> = {}): FileResult {
  return { file, passed: 1, failures: [], skipped: [], left: [], seconds: 2, cpuSeconds: 1, output: '', ...more };
}

function close(run: Partial<Run>): { readonly ok: boolean; readonly text: string; readonly last: string } {
  const { ok, text } = closing({ results: [result('a')], unsteady: [], notRun: [], check: undefined, strict: false, ...run });
  assert.ok(text.endsWith('\n'));
  return { ok, text, last: text.trimEnd().split('\n').at(-1) ?? '' };
}

const failed = result('b', { passed: 0, failures: [{ name: 'bad', text: 'Error: no\n    at x' }] });

suite('the closing lines', () => {
  test('count tests, skipped ones by name and reason', () => {
    const { ok, text, last } = close({ results: [result('a', { passed: 7, skipped: [{ name: 'lame', text: 'needs root' }] })] });
    assert.deepEqual([ok, last], [true, '7 passed, 0 failed, 1 skipped']);
    assert.match(text, /^skipped:\n {2}a: lame \(needs root\)$/m);
  });

  test('name what failed, with its text', () => {
    const { ok, text, last } = close({ results: [result('a'), failed] });
    assert.deepEqual([ok, last], [false, '1 passed, 1 failed, 0 skipped']);
    assert.match(text, /^failed:\n {2}b: "bad": Error: no\n/m);
  });

  test('name unsteady files with their first failure, which fail a strict run', () => {
    const unsteady = { results: [result('a'), result('b')], unsteady: [failed] };
    const usual = close(unsteady);
    assert.deepEqual([usual.ok, usual.last], [true, '2 passed, 0 failed, 0 skipped']);
    assert.match(usual.text, /^unsteady, .*:\n {2}b: "bad": Error: no\n/m);
    const strict = close({ ...unsteady, strict: true });
    assert.deepEqual([strict.ok, strict.last], [false, '2 passed, 1 failed, 0 skipped']);
  });

  test('name processes left behind, which fail a strict run', () => {
    const results = [result('a', { left: ['sleep 1000'] })];
    assert.match(close({ results }).text, /^left processes behind.*:\n {2}a: sleep 1000$/m);
    assert.equal(close({ results }).ok, true);
    assert.equal(close({ results, strict: true }).ok, false);
  });

  test('count a file without time as failed', () => {
    const { ok, text, last } = close({ notRun: ['c'] });
    assert.deepEqual([ok, last], [false, '1 passed, 1 failed, 0 skipped']);
    assert.match(text, /^not run.*:\n {2}c$/m);
  });

  test('count the check before the tests as one', () => {
    assert.equal(close({ check: true }).last, '2 passed, 0 failed, 0 skipped');
    const { ok, text, last } = close({ check: false });
    assert.deepEqual([ok, last], [false, '1 passed, 1 failed, 0 skipped']);
    assert.match(text, /`npm run check` failed/);
  });

  test('name the ten costliest files of a run of more', () => {
    const { text } = close({ results: Array.from({ length: 12 }, (_, index) => result(`f${index}`, { cpuSeconds: index })) });
    assert.match(text, /^66 CPU seconds in all;.*\n {4}11\.0 {4}2\.0 {2}f11\n/m);
    assert.doesNotMatch(text, /f1$/m);
  });
});
