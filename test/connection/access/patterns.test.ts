import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { AccessRequest, PartyName } from '../../../src/connection/access/patterns.ts';
import { ruleMatches, UnusablePattern } from '../../../src/connection/access/patterns.ts';
import type { AccessRule } from '../../../src/connection/access/rules.ts';
import { parseAccessRules } from '../../../src/connection/access/rules.ts';

interface Client {
  readonly address?: string;
  readonly name?: string | PartyName;
}

const LISTS = new Map([
  ['/list', ['.example.test', '10.']],
  ['/outer', ['192.0.3.', '/list', '/list']],
  ['/itself', ['192.0.3.', '/itself']],
  ['/there', ['/back']],
  ['/back', ['/there']],
]);

function matches(text: string, { address = '192.0.2.77', name = 'host.example.test' }: Client = {}): Promise<boolean> {
  const [rule] = parseAccessRules(text);
  const found: PartyName = typeof name === 'string' ? { kind: 'known', name } : name;
  const request: AccessRequest = {
    daemon: 'imaps',
    client: { address, name: () => Promise.resolve(found) },
    server: { address: '198.51.100.1', name: () => Promise.resolve({ kind: 'unknown' }) },
    wordsIn: (path) => LISTS.get(path) ?? [],
  };
  return ruleMatches(rule as AccessRule, request);
}

const NAMELESS = { name: { kind: 'unknown' } } as const;
const V6 = { address: '2001:db8::5' };

suite('a rule', () => {
  const table: readonly (readonly [rule: string, expected: boolean, client?: Client])[] = [
    ['imaps: 192.0.2.77', true],
    ['IMAPS: 192.0.2.77', true],
    ['pop3s: 192.0.2.77', false],
    ['pop3s imaps: 192.0.2.77', true],
    ['ALL: 192.0.2.78', false],
    ['ALL EXCEPT imaps: ALL', false],
    ['ALL EXCEPT pop3s: ALL', true],
    ['imap*: ALL', true],
    ['imaps@198.51.100.1: ALL', true],
    ['imaps@198.51.100.2: ALL', false],
    ['ALL: 192.0.2.', true],
    ['ALL: 192.0.', true],
    ['ALL: 92.0.', false],
    ['ALL: .example.test', true],
    ['ALL: .EXAMPLE.test', true],
    ['ALL: .ample.test', false],
    ['ALL: .example.test', false, { name: 'example.test' }],
    ['ALL: host.example.test', true],
    ['ALL: h?st.*.test', true],
    ['ALL: *.other', false],
    ['ALL: 192.0.2.*', true],
    ['ALL: 192.0.2.0/255.255.255.0', true],
    ['ALL: 192.0.3.0/255.255.255.0', false],
    ['ALL: 192.0.2.64/255.255.255.192', true],
    ['ALL: 192.0.2.0/24', true],
    ['ALL: 0.0.0.0/0', true],
    ['ALL: 192.0.2.76/31', true],
    ['ALL: 192.0.2.0/24', false, V6],
    ['ALL: [2001:db8::]/32', true, V6],
    ['ALL: [2001:db9::]/32', false, V6],
    ['ALL: [2001:DB8:0::5]', true, V6],
    ['ALL: [2001:db8::]/32', false],
    ['ALL: KNOWN', true],
    ['ALL: KNOWN', false, NAMELESS],
    ['ALL: UNKNOWN', true, NAMELESS],
    ['ALL: UNKNOWN', false],
    ['ALL: PARANOID', true, { name: { kind: 'paranoid' } }],
    ['ALL: PARANOID', false],
    ['ALL: .example.test', false, { name: { kind: 'paranoid' } }],
    ['ALL: LOCAL', false],
    ['ALL: LOCAL', true, { name: 'host' }],
    ['ALL: LOCAL', false, NAMELESS],
    ['ALL: ALL EXCEPT 192.0.2.77', false],
    ['ALL: ALL EXCEPT 192.0.2.0/24 EXCEPT 192.0.2.77', true],
    ['ALL: /list', true],
    ['ALL: /list', true, { address: '10.1.2.3', ...NAMELESS }],
    ['ALL: /empty', false],
    ['ALL: /outer', true],
    ['ALL: /outer', false, NAMELESS],
  ];
  for (const [rule, expected, client] of table) {
    test(`${rule} ${expected ? 'matches' : 'does not match'} ${JSON.stringify(client ?? {})}`, async () => {
      assert.equal(await matches(rule, client), expected);
    });
  }

  test('that cannot be judged is no miss', async () => {
    for (const rule of [
      'ALL: @netgroup',
      'ALL: user@host',
      'ALL: 192.0.2.0/33',
      'ALL: 192.0.2/24',
      'ALL: [2001:db8::]/129',
      'ALL: host/24',
      'ALL: /itself',
      'ALL: /there',
    ]) {
      await assert.rejects(matches(rule), UnusablePattern, rule);
    }
    assert.equal(await matches('pop3s: @netgroup'), false); // another service's affair
  });

  test('about addresses asks for no name', async () => {
    const rule = parseAccessRules('ALL: 10. 192.0.3.0/24 [::1] 192.0.4.* ALL')[0] as AccessRule;
    const name = (): never => assert.fail('looked up');
    const party = { address: '192.0.2.77', name };
    assert.equal(await ruleMatches(rule, { daemon: 'x', client: party, server: party, wordsIn: () => [] }), true);
  });

  test('with many stars takes no time', async () => {
    const client = { name: `${'a'.repeat(253)}b` };
    const started = performance.now();
    assert.equal(await matches(`ALL: ${'*a'.repeat(60)}c`, client), false);
    assert.ok(performance.now() - started < 200);
  });
});
