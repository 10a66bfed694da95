/** A worker chooses neither how many caches there are nor how much is in one. */
// Tests: src/daemon/workers/session-caches.ts
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { SessionCaches } from '../../../src/daemon/workers/session-caches.ts';

const SESSION = Uint8Array.of(1);
const NEVER = Number.POSITIVE_INFINITY;

suite('sessions of workers', () => {
  test('are kept under the names that a configuration has, and under no other', () => {
    const caches = new SessionCaches();
    caches.add(1, new Map([['ours', 2]]));
    for (const name of ['ours', 'made up', '__proto__']) caches.put(name, 'id', SESSION, NEVER);
    assert.deepEqual(
      ['ours', 'made up', '__proto__'].map((name) => caches.get(name, 'id')),
      [SESSION, undefined, undefined],
    );
  });

  test('are as many as the configuration says, the newest', () => {
    const caches = new SessionCaches();
    caches.add(1, new Map([['ours', 2]]));
    for (const id of ['a', 'b', 'c']) caches.put('ours', id, SESSION, NEVER);
    assert.deepEqual(
      ['a', 'b', 'c'].map((id) => caches.get('ours', id) !== undefined),
      [false, true, true],
    );
  });

  test('are no longer than one can be', () => {
    const caches = new SessionCaches();
    caches.add(1, new Map([['ours', 2]]));
    caches.put('ours', 'i'.repeat(65), SESSION, NEVER);
    caches.put('ours', 'id', new Uint8Array(8193), NEVER);
    assert.deepEqual([caches.get('ours', 'i'.repeat(65)), caches.get('ours', 'id')], [undefined, undefined]);
    caches.put('ours', 'i'.repeat(64), new Uint8Array(8192), NEVER);
    assert.equal(caches.get('ours', 'i'.repeat(64))?.length, 8192);
  });

  test('are bytes, and nothing that is only told to be as short', () => {
    const caches = new SessionCaches();
    caches.add(1, new Map([['ours', 2]]));
    caches.put('ours', 'id', { byteLength: 1, much: 'x' } as unknown as Uint8Array, NEVER);
    caches.put('ours', ['id'] as unknown as string, SESSION, NEVER);
    assert.deepEqual([caches.get('ours', 'id'), caches.get('ours', ['id'] as unknown as string)], [undefined, undefined]);
  });

  test('keep nothing else of the message alive that brought them', () => {
    const caches = new SessionCaches();
    caches.add(1, new Map([['ours', 2]]));
    caches.put('ours', 'id', new Uint8Array(100_000).subarray(7, 10), NEVER);
    const kept = caches.get('ours', 'id');
    assert.deepEqual([kept?.byteLength, kept?.buffer.byteLength], [3, 3]);
  });

  test('are gone when they are dropped', () => {
    const caches = new SessionCaches();
    caches.add(1, new Map([['ours', 2]]));
    caches.put('ours', 'id', SESSION, NEVER);
    caches.drop('made up', 'id');
    assert.deepEqual(caches.get('ours', 'id'), SESSION);
    caches.drop('ours', 'id');
    assert.equal(caches.get('ours', 'id'), undefined);
  });

  test('outlive a reload that keeps their name, and go with the last configuration that has it', () => {
    const caches = new SessionCaches();
    caches.add(1, new Map([['kept', 2]]).set('dropped', 2));
    for (const name of ['kept', 'dropped']) caches.put(name, 'id', SESSION, NEVER);
    caches.add(2, new Map([['kept', 2]]));
    caches.forget([1]);
    assert.deepEqual([caches.get('kept', 'id'), caches.get('dropped', 'id')], [SESSION, undefined]);
    caches.put('dropped', 'id', SESSION, NEVER);
    assert.equal(caches.get('dropped', 'id'), undefined);
  });
});
