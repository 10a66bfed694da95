/**
 * Records of every length in TCP segments cut anywhere, with pauses, for two minutes: everything arrives, and nothing waits for what comes
 * next. OVERCOAT_SEED=N begins with that seed, which a failure names.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { receiveBursts } from '../support/net/record-boundaries.ts';

const MS = 120_000;
/** A connection each, so that beginnings are tried as well. */
const BURSTS = 20;

test('for two minutes', async (t) => {
  const seed = Number(process.env['OVERCOAT_SEED'] ?? Date.now() % 2 ** 31);
  const until = performance.now() + MS;
  let [connections, segments] = [0, 0];
  while (performance.now() < until) {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
      for (const mode of ['client', 'server'] as const)
        for (const by of ['listener', 'relay'] as const) {
          const ends: (() => unknown)[] = [];
          try {
            const boundaries = { version, mode, by, seed: seed + connections };
            segments += await receiveBursts({ after: (end) => void ends.push(end) }, boundaries, BURSTS);
          } finally {
            for (const end of ends.reverse()) await end();
          }
          connections += 1;
        }
  }
  t.diagnostic(`from seed ${seed}: ${connections} connections, ${connections * BURSTS} bursts, ${segments} segments`);
  assert.ok(connections >= 8);
});
