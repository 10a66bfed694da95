/** Each process of ours may ask for what it needs, and for nothing else. */
// Tests: src/daemon/workers/rights.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayAsk } from '../../../src/daemon/workers/rights.ts';

const KINDS = ['name-for', 'keep-session', 'find-session', 'read-desk'] as const;

for (const [asker, may] of [
  [1, ['name-for', 'keep-session', 'find-session']],
  ['service', ['read-desk']],
  [undefined, []],
] as const)
  test(`${asker === undefined ? 'a spare' : asker === 'service' ? 'the service process' : 'a worker'} may ask for ${may.join(', ') || 'nothing'}`, () => {
    assert.deepEqual(
      KINDS.filter((kind) => mayAsk(asker, { kind })),
      may,
    );
  });
