import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyEnvironment } from '../../../src/daemon/process/environment.ts';

test('setEnv sets in order, and an empty value removes', () => {
  const environment: NodeJS.ProcessEnv = { KEPT: '1', GONE: '1' };
  const lines = [
    { name: 'NEW', value: 'a' },
    { name: 'GONE', value: '' },
    { name: 'NEW', value: 'b' },
  ];
  applyEnvironment(lines, environment);
  assert.deepEqual(environment, { KEPT: '1', NEW: 'b' });
});
