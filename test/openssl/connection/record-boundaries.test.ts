/** A moment of test/release/record-boundaries.test.ts: records of every length in segments cut anywhere, both versions, both modes. */
// Tests: src/openssl/connection/connection-input.ts, src/openssl/connection/connection.ts
import { test } from 'node:test';
import type { Boundaries } from '../../support/net/record-boundaries.ts';
import { receiveBursts } from '../../support/net/record-boundaries.ts';

const BURSTS = 30;

for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
  for (const mode of ['client', 'server'] as const)
    for (const by of ['listener', 'relay'] as const)
      test(`${version}, ${mode} mode, read by a ${by}: nothing is left lying`, async (t) => {
        const boundaries: Boundaries = { version, mode, by, seed: 1 };
        const segments = await receiveBursts(t, boundaries, BURSTS);
        t.diagnostic(`${segments} segments`);
      });
