import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileSink } from '../../src/observe/sinks.ts';

const LINE = { level: 5, stamp: '', text: 'x', facts: {} } as const;

test('what a file did not take is counted also when it is opened again before anybody asks', {
  skip: existsSync('/dev/full') ? false : 'needs /dev/full',
}, () => {
  const sink = fileSink('/dev/full', true);
  sink.write([LINE, LINE]);
  sink.reopen();
  sink.write([LINE]);
  sink.reopen();
  assert.deepEqual(sink.takeLost(), { count: 3, why: 'No space left on device (28)' });
  assert.equal(sink.takeLost(), undefined);
  sink.close();
});
