import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takeInheritedSockets } from '../../../src/daemon/process/inherited-sockets.ts';

const us = String(process.pid);

for (const [what, environment] of [
  ['nothing is said', {}],
  ['another process is meant', { LISTEN_PID: '1', LISTEN_FDS: '2' }],
  ['the number makes no sense', { LISTEN_PID: us, LISTEN_FDS: 'many' }],
  ['the number is negative', { LISTEN_PID: us, LISTEN_FDS: '-1' }],
  ['the number is beyond all measure', { LISTEN_PID: us, LISTEN_FDS: '1000000000' }],
] as const)
  test(`there are none when ${what}`, () => {
    const given: NodeJS.ProcessEnv = { ...environment, LISTEN_FDNAMES: 'a:b', KEPT: '1' };
    assert.deepEqual(takeInheritedSockets(given), []);
    assert.deepEqual(given, { KEPT: '1' }, 'programs we start do not believe they are meant');
  });
