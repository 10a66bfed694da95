/** Which connections a table is given, and in which order. */
// Tests: src/status/ledger/connection-list.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectionFilter } from '../../../src/status/ledger/connection-list.ts';
import { partOf, SORTS } from '../../../src/status/ledger/connection-list.ts';
import type { OpenConnection } from '../../../src/status/ledger/open-connection.ts';

function open(connection: number, facts: Partial<OpenConnection>): OpenConnection {
  const strings = {
    id: `${connection}`,
    service: 'live',
    client: '192.0.2.1:1',
    name: '',
    originalDestination: '',
    upstream: '',
    stage: 'relay',
  };
  return { connection, toTls: 0, toPlain: 0, bytesPerSecond: 0, movedAt: 0, silent: false, ...strings, ...facts } as OpenConnection;
}

const OPEN = [
  open(0, { client: '192.0.2.20:5000', name: 'live.example.org', bytesPerSecond: 10, toTls: 7 }),
  open(1, { client: '192.0.2.10:6000', name: 'backup.example.org', silent: true, movedAt: 200 }),
  open(2, { client: '192.0.2.30:7000', service: 'mail', upstream: '198.51.100.1:25', bytesPerSecond: 30, toPlain: 9 }),
  open(3, { client: '192.0.2.40:8000', name: 'live.example.org', silent: true, movedAt: 100, toTls: 1 }),
];

function asked(filter: Partial<ConnectionFilter>): readonly number[] {
  return partOf(OPEN, { offset: 0, limit: 9, ...filter }).part.map(({ connection }) => connection);
}

test('all of them can be had in parts, and nobody is missed because another one ends meanwhile', () => {
  const first = partOf(OPEN, { offset: 0, limit: 2 });
  assert.deepEqual([first.total, first.part.length, first.next], [4, 2, 1]);
  const left = OPEN.filter(({ connection }) => connection !== 0);
  const rest = partOf([...left].reverse(), { after: first.next, offset: 0, limit: 2 });
  assert.deepEqual([rest.total, rest.part.map(({ connection }) => connection), rest.next], [3, [2, 3], undefined]);
  assert.equal(partOf(OPEN, { sort: 'rate', offset: 0, limit: 2 }).next, undefined);
  assert.equal(partOf(OPEN, { descending: true, offset: 0, limit: 2 }).next, undefined);
});

test('a search finds a part of whatever is shown, whatever its case', () => {
  assert.deepEqual(asked({ search: 'LIVE.example' }), [0, 3]);
  assert.deepEqual(asked({ search: '198.51.100.1' }), [2]);
  assert.deepEqual(asked({ search: 'mail' }), [2]);
  assert.deepEqual(asked({ search: 'nobody' }), []);
  assert.deepEqual(asked({ client: '192.0.2.1', service: 'live' }), [1]);
});

test('each order is one of its kind, and can be turned round', () => {
  const expected = {
    started: [0, 1, 2, 3],
    service: [0, 1, 3, 2],
    client: [1, 0, 2, 3],
    destination: [2, 1, 0, 3],
    rate: [1, 3, 0, 2],
    bytes: [1, 3, 0, 2],
    silent: [3, 1, 2, 0],
  };
  for (const sort of SORTS) {
    assert.deepEqual(asked({ sort }), expected[sort], sort);
    assert.deepEqual(asked({ sort, descending: true }), expected[sort].toReversed(), sort);
  }
  assert.deepEqual(
    OPEN.map(({ connection }) => connection),
    [0, 1, 2, 3],
    'what is sorted is a copy',
  );
});

test('no order of thousands takes many times as long as another: it is made beside the traffic', () => {
  const many = Array.from({ length: 5000 }, (_, number) =>
    open(number, {
      client: `192.0.2.${number % 250}:${number}`,
      name: `host${(number * 7919) % 5000}.example.org`,
      upstream: '192.0.2.1:443',
    }),
  );
  const cost = (sort: (typeof SORTS)[number]): number =>
    Math.min(
      ...Array.from({ length: 5 }, () => {
        const before = process.cpuUsage();
        partOf(many, { sort, offset: 0, limit: 50 });
        const { user, system } = process.cpuUsage(before);
        return user + system;
      }),
    );
  const usual = cost('client');
  for (const sort of SORTS) assert.ok(cost(sort) < 6 * usual + 1000, `${sort}: ${cost(sort)} microseconds, by client ${usual}`);
});
