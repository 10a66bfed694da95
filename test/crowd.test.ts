/** Members that come and go: whoever is removed is gone, and nothing of it stays behind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Place } from '../src/crowd.ts';
import { Crowd } from '../src/crowd.ts';
import { promotedShare } from './support/promoted.ts';

test('who was added and not removed is a member, in whatever order they go', () => {
  const crowd = new Crowd<number>();
  const places = new Map<number, Place<number>>();
  for (let number = 0; number < 100; number += 1) places.set(number, crowd.add(number));
  for (let number = 0; number < 100; number += 3) crowd.remove(places.get(number) as Place<number>);
  for (let number = 99; number > 0; number -= 7) crowd.remove(places.get(number) as Place<number>);
  const left = Array.from({ length: 100 }, (_, number) => number).filter((number) => number % 3 !== 0 && (99 - number) % 7 !== 0);
  assert.deepEqual(
    crowd.members().sort((one, other) => one - other),
    left,
  );
  assert.equal(crowd.size, left.length);
});

test('one that is removed twice takes nobody else along', () => {
  const crowd = new Crowd<string>();
  const first = crowd.add('first');
  crowd.add('second');
  crowd.remove(first);
  crowd.remove(first);
  assert.deepEqual(crowd.members(), ['second']);
});

test('those that are meant are removed, and no others', () => {
  const crowd = new Crowd<number>();
  const places = Array.from({ length: 10 }, (_, number) => crowd.add(number));
  assert.equal(
    crowd.removeThose((number) => number % 2 === 1),
    5,
  );
  crowd.remove(places[1] as Place<number>);
  crowd.remove(places[4] as Place<number>);
  assert.deepEqual(
    crowd.members().sort((one, other) => one - other),
    [0, 2, 6, 8],
  );
});

test('members that are seen stay as they were seen', () => {
  const crowd = new Crowd<string>();
  const place = crowd.add('one');
  const seen = crowd.members();
  crowd.remove(place);
  crowd.add('other');
  assert.deepEqual(seen, ['one']);
});

test('who was removed does not grow old', async () => {
  const share = await promotedShare(`
    import { Crowd } from '${import.meta.resolve('../src/crowd.ts')}';
    const crowd = new Crowd();
    const places = [];
    for (let count = 0; count < 100_000; count += 1) {
      places.push(crowd.add({ much: new Array(100).fill(count) }));
      if (count === 4) for (let more = 0; more < 5000; more += 1) new Array(200).fill(more); // whatever the crowd is made of by now grows old
      if (places.length > 8) crowd.remove(places.shift());
      if (count % 100 === 0) await null;
    }
  `);
  assert.ok(share < 0.05, `${share} of what was allocated was kept`);
});
