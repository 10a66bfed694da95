/** Secrets do not print, wherever they are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { reveal, Secret } from '../src/secret.ts';

test('a secret prints as ***, alone and inside of anything', () => {
  const secret = new Secret('hunter2');
  const holder = { list: [secret], text: `${secret}` };
  for (const shown of [
    String(secret),
    JSON.stringify(holder),
    inspect(holder, { depth: 9 }),
    inspect(new Map([['p', secret]]), { showHidden: true }),
  ]) {
    assert.ok(!shown.includes('hunter2') && !shown.includes('104, 117'), shown);
  }
  assert.equal(reveal(secret), 'hunter2');
});

test('a secret of a file that is no UTF-8 keeps its bytes', () => {
  const secret = new Secret('pa\udcdf');
  assert.deepEqual([...secret.bytes], [0x70, 0x61, 0xdf]);
  assert.equal(reveal(secret), 'pa\udcdf');
});

test('a clone keeps the text, and shows none of it', () => {
  const clone: unknown = structuredClone(new Secret('hünter2'));
  assert.ok(!JSON.stringify(clone).includes('hünter2') && !inspect(clone).includes('hünter2'));
  assert.equal(reveal(clone as Secret), 'hünter2');
});
