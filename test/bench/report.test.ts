/** The tables of docs/benchmarks.md: what a reader compares is the median, its spread and the ratio. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { median, table, versionLine } from '../../bench/report.ts';

suite('report of the benchmarks', () => {
  test('takes the middle of the rounds', () => {
    assert.equal(median([9, 1, 2]), 2);
    assert.equal(median([4, 1, 2, 3]), 2.5);
  });

  test('writes a line per metric with median, spread and ratios', () => {
    const values = new Map([
      ['ours', [1, 2, 1.5]],
      ['peer', [3, 3]],
    ]);
    assert.deepEqual(table([{ metric: 'CPU s/GB', values }], ['ours', 'peer']).split('\n'), [
      '| metric | ours | peer | / peer |',
      '| --- | --- | --- | --- |',
      '| CPU s/GB | 1.500 (±33 %) | 3.000 (±0 %) | 0.50 |',
    ]);
  });

  test('leaves out what was not measured, and ratios to nothing', () => {
    const values = new Map([
      ['ours', [120]],
      ['zero', [0]],
    ]);
    const [, , line] = table([{ metric: 'm', values }], ['ours', 'zero', 'absent']).split('\n');
    assert.equal(line, '| m | 120 (±0 %) | 0.000 (±0 %) | - | - | - |');
  });

  test('finds the version behind other lines', () => {
    assert.equal(versionLine('Initializing inetd mode configuration\nstunnel 5.68 on x86_64\n'), 'stunnel 5.68 on x86_64');
    assert.equal(versionLine(''), 'version unknown');
  });
});
