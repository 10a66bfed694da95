import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Problem } from '../../../src/config/problem.ts';
import { countProblems, formatProblems } from '../../../src/config/read/report-text.ts';

const problem = (changes: Partial<Problem>): Problem => ({
  code: 'config_conflict',
  severity: 'error',
  unsafe: false,
  file: 'a',
  line: 1,
  option: 'x',
  text: 'wrong; mend it',
  stunnelText: 'stunnel says',
  ...changes,
});

test('writes a line for each problem, in the order of the files and lines', () => {
  assert.deepEqual(
    formatProblems([
      problem({ line: 7 }),
      problem({ line: 3, severity: 'warning', option: 'y' }),
      problem({ file: 'b', line: 1, option: '' }),
      problem({ line: 0 }),
    ]),
    ['a: x: wrong; mend it', 'a:3: y: warning: wrong; mend it', 'a:7: x: wrong; mend it', 'b:1: wrong; mend it'],
  );
});

test('writes one line for each, whatever is in it', () => {
  const [line = ''] = formatProblems([problem({ text: `a\nb\u001b[31m\u202e${'x'.repeat(5000)}` })]);
  assert.match(line, /^a:1: x: a\\x0ab\\x1b\[31m\\u\{202e\}x+\.\.\.$/);
  assert.ok(line.length < 1100);
});

test('counts', () => {
  assert.equal(countProblems([]), '');
  assert.equal(countProblems([problem({})]), '1 error');
  assert.equal(countProblems([problem({}), problem({}), problem({ severity: 'warning' })]), '2 errors, 1 warning');
});
