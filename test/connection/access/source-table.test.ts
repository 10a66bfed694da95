/** The table of sources alone: counts and paces of several workers, and what happens when there are more sources than it has room for. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { SourceKey } from '../../../src/address/source.ts';
import { NOWHERE, SourceTable, sourceTableLength } from '../../../src/connection/access/source-table.ts';

const key = (low: number): SourceKey => ({ high: 0x20010db8, low });

suite('the table of sources', () => {
  test('counts what all workers have, and forgets what one had that ended', () => {
    const numbers = new Int32Array(sourceTableLength(3));
    const [first, second] = [new SourceTable(numbers, 0, 3), new SourceTable(numbers, 2, 3)];
    const slot = first.find('s', key(1));
    assert.equal(second.find('s', key(1)), slot, 'the same place in every worker');
    for (const table of [first, first, second]) table.add(slot, 1);
    assert.equal(second.open(slot), 3);
    first.add(slot, -1);
    assert.equal(second.open(slot), 2);
    second.forgetAllOf(0);
    assert.equal(second.open(slot), 1);
  });

  test('keeps services and sources apart', () => {
    const table = new SourceTable();
    const slots = [table.find('a', key(1)), table.find('b', key(1)), table.find('a', key(2))];
    assert.equal(new Set(slots).size, 3);
  });

  test('has one size: a new source takes the place of one without connections, and is not counted where all have some', () => {
    const table = new SourceTable();
    const kept = table.find('s', key(-1));
    table.add(kept, 1);
    for (let low = 0; low < 200_000; low += 1) assert.notEqual(table.find('s', key(low)), NOWHERE);
    assert.equal(table.find('s', key(-1)), kept, 'who has a connection keeps its place');
    assert.equal(table.open(kept), 1);
    let [counted, uncounted] = [0, 0];
    for (let low = 0; low < 100_000; low += 1) {
      const slot = table.find('t', key(low));
      if (slot === NOWHERE) uncounted += 1;
      else {
        table.add(slot, 1);
        counted += 1;
      }
    }
    assert.ok(counted >= 16_000 && uncounted > 0, `${counted} counted, ${uncounted} not`);
    assert.equal(table.open(kept), 1);
  });

  test('gives so many a second and no more, wherever they are asked for', async () => {
    const numbers = new Int32Array(sourceTableLength(2));
    const [one, other] = [new SourceTable(numbers, 0, 2), new SourceTable(numbers, 1, 2)];
    for (const most of [1, 3, 6, 7, 50]) {
      const slot = one.find(`s${most}`, key(most));
      const taken = Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? one : other).take(slot, most)).filter(Boolean);
      assert.equal(taken.length, most);
    }
    const slot = one.find('s', key(9));
    const since = performance.now();
    while (one.take(slot, 20));
    await new Promise((resolve) => setTimeout(resolve, 110)); // the pace is that of the clock
    let again = 0;
    while (one.take(slot, 20)) again += 1;
    const seconds = (performance.now() - since) / 1000;
    assert.ok(again >= 2 && again <= seconds * 20 + 1, `${again} in ${seconds} s`);
  });

  test('begins from another number in each process, so that nobody knows whose place a source takes', () => {
    const places = new Set(Array.from({ length: 8 }, () => new SourceTable().find('s', key(1))));
    assert.ok(places.size > 1);
  });
});
