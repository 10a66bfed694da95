/** A defect in the main thread is logged and ends nothing. In a process of its own, whose last words prove that it went on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runProgram } from '../support/program.ts';

const MODULE = new URL('../../src/daemon/faults.ts', import.meta.url).href;
const LINES = new URL('../../src/observe/log-lines.ts', import.meta.url).href;

async function withDefect(thrown: string): Promise<readonly string[]> {
  const code = `
    const { reportFaults } = await import(${JSON.stringify(MODULE)});
    const { linesOf } = await import(${JSON.stringify(LINES)});
    process.on('uncaughtException', () => console.log('the handler of the start'));
    reportFaults((event, context) => {
      for (const { level, text } of linesOf(event, context)) console.log(context.id, level, text.split(' | ')[0]);
    });
    setImmediate(() => {
      setImmediate(() => console.log('serves on'));
      throw ${thrown};
    });`;
  const { code: exitCode, stdout } = await runProgram([process.execPath, '--input-type=module', '-e', code]);
  assert.equal(exitCode, 0);
  return stdout.trim().split('\n');
}

test('an exception nobody caught is logged with its stack, and the process serves on', async () => {
  assert.deepEqual(await withDefect("new Error('a defect')"), ['main 2 INTERNAL ERROR: a defect', 'main 7 Error: a defect', 'serves on']);
});

test('what is thrown and is no error has no stack', async () => {
  assert.deepEqual(await withDefect("'a text'"), ['main 2 INTERNAL ERROR: a text', 'serves on']);
});
