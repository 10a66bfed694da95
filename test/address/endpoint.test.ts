import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpoint, endpointText } from '../../src/address/endpoint.ts';

test('is what a socket says of an end, never mapped', () => {
  assert.deepEqual(endpoint('::ffff:10.0.0.1', 443), { address: '10.0.0.1', port: 443 });
  assert.deepEqual(endpoint('fe80::1%lo', 443), { address: 'fe80::1%lo', port: 443 });
  assert.equal(endpoint(undefined, undefined), undefined);
});

test('is written without brackets', () => assert.equal(endpointText({ address: '::1', port: 443 }), '::1:443'));
