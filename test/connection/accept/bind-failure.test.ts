import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { bindFailure, describedFailure } from '../../../src/connection/accept/bind-failure.ts';
import { explainRefusals } from '../../../src/text/system-error.ts';

suite('an address that cannot be had', () => {
  test('is told with what to do, and not with the fence, which lets every address of the configuration be bound', () => {
    explainRefusals();
    const cause = Object.assign(new Error('x'), { code: 'EACCES', syscall: 'bind' });
    assert.equal(
      describedFailure(bindFailure('127.0.0.1:443', cause), 'client'),
      '127.0.0.1:443: Permission denied (13); ports below 1024 need root or CAP_NET_BIND_SERVICE, a Unix socket needs a folder you may write to',
    );
  });
});
