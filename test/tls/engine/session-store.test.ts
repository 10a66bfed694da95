/** Which session is offered when, and what bounds the store. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { KnownPeer } from '../../../src/tls/engine/session-store.ts';
import { SessionStore } from '../../../src/tls/engine/session-store.ts';

const HOUR = 3_600_000;
const peer = (since = 0): KnownPeer => ({ certificate: undefined, chainError: undefined, psk: false, staple: undefined, since });
/** A session whose owners are counted. */
class Counted {
  static alive = 0;
  readonly name: string;

  constructor(name: string) {
    this.name = name;
    Counted.alive += 1;
  }

  share(): this {
    return new Counted(this.name) as this;
  }

  free(): void {
    Counted.alive -= 1;
  }
}

const bytes = (name: string): Counted => new Counted(name);

function taken(store: SessionStore<Counted>, key = 'k'): string | undefined {
  const session = store.take(key)?.session;
  session?.free();
  return session?.name;
}

beforeEach(() => {
  Counted.alive = 0;
});

test('each session is used once while there is another, the last again until a new one comes', () => {
  const store = new SessionStore<Counted>(10, HOUR, () => 0);
  for (const name of ['a', 'b', 'c']) store.put('k', bytes(name), peer());
  assert.deepEqual([taken(store), taken(store), taken(store), taken(store)], ['c', 'b', 'a', 'a']);
  store.put('k', bytes('d'), peer());
  assert.deepEqual([taken(store), taken(store)], ['d', 'd'], 'the used one is gone');
  assert.equal(store.size, 1);
});

test('keys are apart', () => {
  const store = new SessionStore<Counted>(10, HOUR, () => 0);
  store.put('k', bytes('a'), peer());
  assert.equal(taken(store, 'other'), undefined);
  store.drop('other');
  store.drop('k');
  assert.equal(taken(store), undefined);
  assert.equal(store.size, 0);
});

test('a key whose sessions have all ended leaves nothing behind', () => {
  let now = 0;
  const store = new SessionStore<Counted>(10, HOUR, () => now);
  for (const key of ['a', 'b', 'c']) store.put(key, bytes(key), peer());
  now = 2 * HOUR;
  assert.equal(taken(store, 'a'), undefined);
  assert.equal(taken(store, 'b'), undefined);
  assert.equal(store.keys, 1, 'the one nobody has asked for');
  store.put('b', bytes('d'), peer(now));
  assert.equal(taken(store, 'b'), 'd');
  store.drop('b');
  store.drop('c');
  assert.deepEqual([store.keys, store.size, Counted.alive], [0, 0, 0]);
});

test('sessions end with their time, and with the age of the handshake they go back to', () => {
  let now = 0;
  const store = new SessionStore<Counted>(10, HOUR, () => now);
  store.put('k', bytes('a'), peer());
  now = HOUR - 1;
  assert.equal(taken(store), 'a');
  now = HOUR;
  assert.equal(taken(store), undefined);
  assert.equal(store.size, 0);
  now = 24 * HOUR - 1;
  store.put('k', bytes('b'), peer(0));
  assert.equal(taken(store), 'b');
  now += 1;
  assert.equal(taken(store), undefined, 'renewed for a day without a full handshake');
});

test('the number of sessions is bounded, for a key and in all; the key unused for longest goes first', () => {
  const store = new SessionStore<Counted>(20, HOUR, () => 0);
  for (let index = 0; index < 40; index += 1) store.put('greedy', bytes(String(index)), peer());
  assert.equal(store.size, 16);
  assert.equal(store.hasRoom('greedy'), false);
  assert.equal(store.hasRoom('other'), true);
  for (let index = 0; index < 4; index += 1) store.put(`k${index}`, bytes('x'), peer());
  assert.equal(store.size, 20);
  taken(store, 'greedy');
  store.put('k4', bytes('x'), peer());
  store.put('k5', bytes('x'), peer());
  assert.equal(taken(store, 'k0'), undefined);
  assert.equal(taken(store, 'k5'), 'x');
  assert.ok(store.size <= 20);
});

test('a store for one session holds one', () => {
  const store = new SessionStore<Counted>(1, HOUR, () => 0);
  store.put('k', bytes('a'), peer());
  store.put('k', bytes('b'), peer());
  assert.equal(store.size, 1);
  assert.equal(taken(store), 'b');
  store.put('l', bytes('c'), peer());
  assert.equal(store.size, 1);
  assert.equal(taken(store, 'l'), 'c');
});

test('without a bound of the user’s it is still bounded', () => {
  const store = new SessionStore<Counted>(0, HOUR, () => 0);
  for (let index = 0; index < 100_010; index += 1) store.put(`k${index}`, bytes('x'), peer());
  assert.equal(store.size, 100_000);
});

test('whatever leaves the store is freed', () => {
  let now = 0;
  const store = new SessionStore<Counted>(2, HOUR, () => now);
  for (let count = 0; count < 40; count += 1) store.put('k', bytes('a'), peer());
  assert.equal(Counted.alive, store.size);
  store.take('k')?.session.free();
  store.take('k')?.session.free();
  store.put('k', bytes('b'), peer());
  assert.equal(Counted.alive, store.size, 'the used one is gone');
  store.put('other', bytes('c'), peer());
  store.put('third', bytes('d'), peer());
  assert.equal(Counted.alive, store.size, 'the oldest key is gone');
  now = HOUR;
  store.take('third');
  assert.equal(Counted.alive, store.size, 'time is over');
  store.drop('other');
  assert.equal(Counted.alive, store.size);
});
