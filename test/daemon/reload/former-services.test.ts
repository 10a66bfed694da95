/** A context nobody holds any more is freed, memory of C included; one that is held stays. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freeFormerServices } from '../../../src/daemon/reload/former-services.ts';
import { Context } from '../../../src/openssl/context/context.ts';
import { handlesAlive } from '../../../src/openssl/library/handle.ts';
import { dropContexts } from '../../support/dropped-contexts.ts';
import { eventually } from '../../support/eventually.ts';

const DROPPED = 50;

test('what a reload has left behind is freed, and nothing else', async () => {
  const kept = new Context({ role: 'server' });
  const before = handlesAlive(kept.kind);
  dropContexts(DROPPED);
  assert.equal(handlesAlive(kept.kind), before + DROPPED, 'the collector found them already: the test shows nothing');
  freeFormerServices();
  await eventually('all are freed', () => handlesAlive(kept.kind) === before);
  assert.equal(kept.freed, false);
  kept.free();
});
