import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryKills } from '../../../src/linux/process/memory-kills.ts';

test('each kill of the kernel is of one process, and those before us are of none', () => {
  let counted = 7;
  const kills = new MemoryKills(() => counted);
  assert.equal(kills.take(), false);
  counted = 9;
  assert.deepEqual([kills.take(), kills.take(), kills.take()], [true, true, false]);
});

test('what cannot be read is none', () => assert.equal(new MemoryKills().take(), false));
