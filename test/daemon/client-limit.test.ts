import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { clientLimit } from '../../src/daemon/client-limit.ts';

suite('the number of clients', () => {
  test('leaves what is open and what is set aside alone', () => {
    assert.equal(clientLimit(256, 26), 107);
    assert.equal(clientLimit(100, 26), 29);
  });

  test('is never more than stunnel allows', () => {
    assert.equal(clientLimit(1024, 0), 500);
    assert.equal(clientLimit(65_536, 26), 32_000);
  });

  test('is at least one, and unbounded where descriptors are', () => {
    assert.equal(clientLimit(20, 26), 1);
    assert.equal(clientLimit(undefined, 26), undefined);
  });
});
