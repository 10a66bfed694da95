/** New processes that end before they have read what they are given: an exception that nobody catches fails a test here. What becomes of the others is in test/behaviour/upgrade.test.ts. */
// Tests: src/daemon/upgrade/successor.ts, src/daemon/process/start-channel.ts
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { startSuccessor } from '../../../src/daemon/upgrade/successor.ts';
import { requires } from '../../support/requirements.ts';

const RECORD = { passed: [], managed: false, background: false, drained: [] };

suite('a new process', { skip: requires({ linux: true }) }, () => {
  for (const [program, why] of [
    ['/nowhere', '/nowhere: spawn /nowhere ENOENT'],
    ['/bin/false', 'The new process ended before it served (exit code 1); `/bin/false --version` shows whether its file runs'],
  ] as const)
    test(`that reads nothing (${program}) is a failed upgrade and no defect`, async (t) => {
      const before = process.execPath;
      t.after(() => {
        process.execPath = before;
      });
      process.execPath = program;
      const again = { args: () => [], input: 'a configuration', environment: {} };
      const { signal: cancelled } = new AbortController();
      const cleared: number[] = [];
      const clear = async (pid: number): Promise<void> => void cleared.push(pid);
      assert.deepEqual(await startSuccessor({ again, ask: () => undefined, record: RECORD, cancelled, clear }), [why]);
      assert.equal(cleared.length, program === '/nowhere' ? 0 : 1, 'whatever has run may have left something');
    });
});
