import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clientLimit } from '../../src/daemon/client-limit.ts';

describe('the number of clients', () => {
  it('leaves what is open and what is set aside alone', () => {
    assert.equal(clientLimit(256, 26), 107);
    assert.equal(clientLimit(100, 26), 29);
  });

  it('is never more than stunnel allows', () => {
    assert.equal(clientLimit(1024, 0), 500);
    assert.equal(clientLimit(65_536, 26), 32_000);
  });

  it('is at least one, and unbounded where descriptors are', () => {
    assert.equal(clientLimit(20, 26), 1);
    assert.equal(clientLimit(undefined, 26), undefined);
  });
});
