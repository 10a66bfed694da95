import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tableContents } from '../../../src/gateway/rules/table-contents.ts';

const match = { match: { op: '==', left: { meta: { key: 'iifname' } }, right: 'eth0' } };

/** As nft lists it, with what changes by itself. */
function listing({
  packets = 0,
  handle = 1,
  ports = [443],
  hosts = ['192.0.2.1'],
  rules = [match] as object[],
  policy = 'accept',
} = {}): string {
  const table = { family: 'inet', table: 'overcoat_guard' };
  return JSON.stringify({
    nftables: [
      { metainfo: { version: '1.0.6' } },
      { table: { name: 'overcoat_guard', handle } },
      { set: { ...table, name: 'ports', handle, elem: ports } },
      { set: { ...table, name: 'refused4', handle, elem: hosts } },
      { chain: { ...table, name: 'forward', handle, hook: 'forward', prio: -10, policy } },
      ...rules.map((rule) => ({
        rule: { ...table, chain: 'forward', handle, expr: [rule, { counter: { packets, bytes: 1 } }, { reject: null }] },
      })),
    ],
  });
}

test('counters, handles and what the kernel gathers change nothing', () => {
  assert.equal(tableContents(listing()), tableContents(listing({ packets: 77, handle: 9, hosts: [] })));
});

for (const [what, changed] of Object.entries({
  'a rule that is gone': { rules: [] },
  'a rule that came': { rules: [match, { accept: null }] },
  'a port that is gone': { ports: [] },
  'a policy': { policy: 'drop' },
}))
  test(`${what} is a difference`, () => assert.notEqual(tableContents(listing(changed)), tableContents(listing())));

test('what is no listing is nothing', () => {
  for (const text of ['', '{', '{}', 'null', '{"nftables":7}']) assert.equal(tableContents(text), undefined);
});
