/** Which files each kind of run takes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { selectFiles } from '../../tools/test/select.ts';

const FILES = [
  'test/tls/b.test.ts',
  'test/netns/a.test.ts',
  'test/fuzz/c.test.ts',
  'test/release/d.test.ts',
  'test/release/fresh-root.test.ts',
];

test('takes all but the release tests, sorted', () => {
  assert.deepEqual(selectFiles(FILES, 'usual', []), ['test/fuzz/c.test.ts', 'test/netns/a.test.ts', 'test/tls/b.test.ts']);
});
test('takes units and fuzz tests when it has to be quick', () => {
  assert.deepEqual(selectFiles(FILES, 'quick', []), ['test/fuzz/c.test.ts', 'test/tls/b.test.ts']);
});
test('takes the release tests for a release, the new system first', () => {
  assert.deepEqual(selectFiles(FILES, 'release', []), ['test/release/fresh-root.test.ts', 'test/release/d.test.ts']);
});
test('takes what calls much C for the checking allocator', () => {
  assert.deepEqual(selectFiles(FILES, 'memory', []), ['test/tls/b.test.ts']);
  assert.deepEqual(selectFiles(['test/behaviour/endings.test.ts', 'test/behaviour/start-failures.test.ts'], 'memory', []), [
    'test/behaviour/endings.test.ts',
  ]);
});
test('leaves the files whose path has one of the words', () => {
  assert.deepEqual(selectFiles(FILES, 'usual', ['netns', 'b.test']), ['test/netns/a.test.ts', 'test/tls/b.test.ts']);
});
