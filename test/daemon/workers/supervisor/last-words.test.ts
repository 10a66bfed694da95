import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { suite, test } from 'node:test';
import { LastWords } from '../../../../src/daemon/workers/supervisor/last-words.ts';
import { MAY_BE_FENCE } from '../../../../src/text/system-error.ts';

async function wordsOf(written: string, fenced: boolean): Promise<LastWords> {
  const errors = new PassThrough();
  const words = new LastWords(errors, fenced);
  errors.end(written);
  await new Promise((resolve) => setImmediate(resolve));
  return words;
}

suite('the end of a worker', () => {
  for (const [what, written, code, signal, why] of [
    ['a refused call', 'io_uring_enter(getevents): Operation not permitted\n', null, 'SIGABRT', 'signal SIGABRT'],
    ['an abort that says nothing', '', null, 'SIGABRT', 'signal SIGABRT'],
    ['a filter around it', '', null, 'SIGSYS', 'signal SIGSYS'],
    [
      'a file out of reach',
      "Error: EACCES: permission denied, open '/x'\n",
      1,
      null,
      "exit code 1 (Error: EACCES: permission denied, open '/x')",
    ],
  ] as const)
    test(`may be the doing of its fence: ${what}`, async () => {
      assert.deepEqual((await wordsOf(written, true)).reason(code, signal), { why: `${why}${MAY_BE_FENCE}`, outOfMemory: false });
      assert.deepEqual((await wordsOf(written, false)).reason(code, signal), { why, outOfMemory: false }, 'not where there is none');
    });

  test('is not said to be where nothing speaks for it', async () => {
    for (const [code, signal] of [
      [1, null],
      [null, 'SIGSEGV'],
    ] as const)
      assert.doesNotMatch((await wordsOf('Error: no\n', true)).reason(code, signal).why, /fence/);
    assert.deepEqual((await wordsOf('FATAL ERROR: out of memory', true)).reason(null, 'SIGABRT'), {
      why: 'heap limit reached',
      outOfMemory: true,
    });
  });

  test('is said once of an exception that says it already', async () => {
    const words = await wordsOf('', true);
    words.exception = { text: `socket: Operation not permitted${MAY_BE_FENCE}`, stack: undefined };
    assert.equal(words.reason(1, null).why, `uncaught exception: socket: Operation not permitted${MAY_BE_FENCE}`);
  });
});
