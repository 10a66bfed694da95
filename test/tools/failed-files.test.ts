/** The files with a failure are listed once each, the others not at all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestEvent } from 'node:test/reporters';
import failedFiles from '../../tools/failed-files.ts';

async function* events(): AsyncGenerator<TestEvent> {
  for (const [type, file] of [
    ['test:pass', '/a.test.ts'],
    ['test:fail', '/b.test.ts'],
    ['test:fail', '/b.test.ts'],
    ['test:fail', '/c.test.ts'],
  ]) {
    yield { type, data: { file } } as unknown as TestEvent;
  }
}

test('each file with a failure is a line', async () => {
  const lines: string[] = [];
  for await (const line of failedFiles(events())) lines.push(line);
  assert.deepEqual(lines, ['/b.test.ts\n', '/c.test.ts\n']);
});
