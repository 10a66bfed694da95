import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ToldEvent } from '../../../src/status/ledger/event-readers.ts';
import { EventReaders } from '../../../src/status/ledger/event-readers.ts';

/** Readers, and who tells them; undefined while nobody reads. */
function world() {
  const told: { tell: ((event: ToldEvent) => void) | undefined } = { tell: undefined };
  const readers = new EventReaders((tell) => {
    told.tell = tell;
    return () => {
      told.tell = undefined;
    };
  });
  return { told, readers };
}

const event = (data: string): ToldEvent => ({ event: 'e', data });

test('each reader gets what it has not had yet, in order', async () => {
  const { told, readers } = world();
  const [first, second] = [readers.next('a'), readers.next('b')];
  told.tell?.(event('1'));
  assert.deepEqual(await first, { events: [event('1')], lost: 0 });
  assert.deepEqual(await second, { events: [event('1')], lost: 0 });
  for (const data of ['2', '3']) told.tell?.(event(data));
  for (const name of ['a', 'b']) assert.deepEqual(await readers.next(name), { events: [event('2'), event('3')], lost: 0 });
});

test('one that is too slow loses what is new, and is told how much', async () => {
  const { told, readers } = world();
  const first = readers.next('a');
  for (let number = 0; number < 2000; number += 1) told.tell?.(event(String(number)));
  const { events, lost } = await first;
  assert.deepEqual([events.length, lost], [1024, 976]);
  told.tell?.(event('later'));
  assert.deepEqual(await readers.next('a'), { events: [event('later')], lost: 0 });
});

test('nothing is followed for nobody', async () => {
  const { told, readers } = world();
  assert.equal(told.tell, undefined);
  const asked = readers.next('a');
  assert.notEqual(told.tell, undefined);
  readers.leave('a');
  assert.equal(told.tell, undefined);
  assert.deepEqual(await asked, { events: [], lost: 0 });
});

test('one that has gone without a word is forgotten with the next event, and nothing is kept for it', async () => {
  let now = 0;
  const told: { tell: ((event: ToldEvent) => void) | undefined } = { tell: undefined };
  const readers = new EventReaders(
    (tell) => {
      told.tell = tell;
      return () => {
        told.tell = undefined;
      };
    },
    () => now,
  );
  const asked = readers.next('a');
  told.tell?.(event('1'));
  await asked;
  now = 60_000;
  told.tell?.(event('2'));
  assert.notEqual(told.tell, undefined, 'it may still come back');
  now = 60_001;
  told.tell?.(event('3'));
  assert.equal(told.tell, undefined);
});

test('of very many the eldest begins anew: whoever asks under ever new names keeps no memory', async () => {
  const told: { tell: ((event: ToldEvent) => void) | undefined } = { tell: undefined };
  const readers = new EventReaders((tell) => {
    told.tell = tell;
    return () => undefined;
  });
  const asked = Array.from({ length: 257 }, (_, index) => readers.next(String(index)));
  assert.deepEqual(await asked[0], { events: [], lost: 0 }, 'it is answered, and is no reader any more');
  told.tell?.(event('1'));
  assert.equal((await asked[1])?.events.length, 1);
  assert.equal((await asked[256])?.events.length, 1);
});
