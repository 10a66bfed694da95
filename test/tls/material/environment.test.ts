/** The daemon does not start where the environment switches verification off. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuseUnsafeEnvironment } from '../../../src/tls/material/environment.ts';

test('NODE_TLS_REJECT_UNAUTHORIZED', () => {
  for (const value of ['0', 'false', 'no']) {
    assert.throws(() => refuseUnsafeEnvironment({ NODE_TLS_REJECT_UNAUTHORIZED: value }), {
      code: 'start_environment',
      message: /^NODE_TLS_REJECT_UNAUTHORIZED=.* is set: it switches certificate verification off; unset it/,
    });
  }
  for (const value of [undefined, '', '1']) refuseUnsafeEnvironment({ NODE_TLS_REJECT_UNAUTHORIZED: value });
});
