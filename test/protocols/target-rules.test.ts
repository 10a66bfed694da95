/** Where SOCKS and CONNECT clients may go: spellings, embedded addresses, names, exceptions, and what a name resolves to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Prefix } from '../../src/address/block.ts';
import type { Admission, TargetRules } from '../../src/protocols/target-rules.ts';
import { admitTarget, judgeAddress, judgeHost } from '../../src/protocols/target-rules.ts';
import { LOCAL_NAMES, LOOPBACK_SPELLINGS, SPECIAL_SPELLINGS } from './spellings.ts';

const SPECIAL: TargetRules = {
  refuse: 'special',
  allow: [],
  isOwn: (address) => address === '192.0.2.7' || address === '2001:db8::7',
};
const AS_STUNNEL: TargetRules = { ...SPECIAL, refuse: 'loopback' };

/** Of the rules above. */
const OWN_SPELLINGS = ['192.0.2.7', '::ffff:192.0.2.7', '3221225991', '2001:db8::7'];

const MALFORMED = [
  '',
  '.',
  '..',
  'a..b',
  '127.0.0.1..',
  '256.0.0.1',
  '1.2.3.4.5',
  '4294967296',
  '0x100000000',
  '127.0.0.08',
  '1.2.3.256',
  'example.0x7f',
  'foo.1',
  '１２７.0.0.1',
  '127。0。0。1',
  '①②⑦.0.0.1',
  'local host',
  'localhost\0.example.org',
  '127.0.0.1\n',
  'localhost%00',
  'exa%6dple.org',
  '[::1',
  '::1]',
  '[127.0.0.1',
  'user@localhost',
  'localhost:80',
  'x'.repeat(64),
  `${'x.'.repeat(127)}xx`,
];

test('every spelling of this machine is refused, under both rules and before any name server is asked', () => {
  assert.ok(LOOPBACK_SPELLINGS.length >= 40);
  for (const host of [...LOOPBACK_SPELLINGS, ...LOCAL_NAMES]) {
    for (const rules of [SPECIAL, AS_STUNNEL]) assert.equal(judgeHost(host, rules).kind, 'refused', host);
  }
});

test('link-local, metadata, multicast and own addresses are refused, but not by stunnel’s rule', () => {
  for (const host of [...SPECIAL_SPELLINGS, ...OWN_SPELLINGS]) {
    assert.equal(judgeHost(host, SPECIAL).kind, 'refused', host);
    assert.equal(judgeHost(host, AS_STUNNEL).kind, 'address', host);
  }
});

test('what is neither an address nor a name is refused and not asked for', () => {
  for (const host of MALFORMED) assert.equal(judgeHost(host, SPECIAL).kind, 'refused', JSON.stringify(host));
});

test('everything else may be reached', () => {
  for (const host of [
    '192.0.2.1',
    '8.8.8.8',
    '10.0.0.1',
    '192.168.1.1',
    '172.16.0.1',
    '126.255.255.255',
    '128.0.0.1',
    '2001:db8::1',
    'fd12::1',
    '[2a00::1]',
  ]) {
    assert.equal(judgeHost(host, SPECIAL).kind, 'address', host);
  }
  for (const host of [
    'example.org',
    'EXAMPLE.org.',
    'xn--bcher-kva.example',
    'a_b.example',
    '127.0.0.1.nip.io',
    '1e100.net',
    'x',
    'localhost.example.org',
    '0x7f.example',
  ]) {
    assert.equal(judgeHost(host, SPECIAL).kind, 'name', host);
  }
  assert.deepEqual(judgeHost('134744072', SPECIAL), { kind: 'address', address: '8.8.8.8' });
});

test('allowTargets lifts either rule, for the address in every form', () => {
  const loopback: Prefix = { address: '127.0.0.0', family: 4, bits: 8 };
  const rules: TargetRules = { ...SPECIAL, allow: [loopback] };
  for (const host of ['127.0.0.1', '2130706433', '::ffff:127.0.0.1']) assert.equal(judgeHost(host, rules).kind, 'address', host);
  assert.equal(judgeHost('localhost', rules).kind, 'name');
  assert.equal(judgeHost('::1', rules).kind, 'refused');
  assert.equal(judgeHost('126.0.0.1', { ...SPECIAL, allow: [] }).kind, 'address');
  const own: TargetRules = { ...SPECIAL, allow: [{ address: '192.0.2.7', family: 4, bits: 32 }] };
  assert.equal(judgeHost('192.0.2.7', own).kind, 'address');
  const v6: TargetRules = { ...SPECIAL, allow: [{ address: 'fe80::', family: 6, bits: 10 }] };
  assert.equal(judgeAddress('fe80::1%eth0', v6), undefined);
  assert.notEqual(judgeAddress('fec0::1', v6), undefined);
});

/** Runs an admission with a resolver that knows one answer. */
function admit(host: string, addresses: readonly string[], rules = SPECIAL, port = 443): Admission & { readonly asked: readonly string[] } {
  const asked: string[] = [];
  const admission = admitTarget(host, port, rules);
  for (let answer: unknown; ; ) {
    const { done, value } = admission.next(answer);
    if (done) return { ...value, asked };
    assert.ok(value.kind === 'resolve');
    asked.push(value.host);
    answer = addresses;
  }
}

test('a name is judged by every address it resolves to', () => {
  const good = admit('example.org', ['192.0.2.1', '2001:db8::1']);
  assert.deepEqual(good, {
    kind: 'admitted',
    target: { host: 'example.org', port: 443, addresses: ['192.0.2.1', '2001:db8::1'] },
    asked: ['example.org'],
  });
  for (const address of ['127.0.0.1', '::1', '169.254.169.254', 'fe80::1', '192.0.2.7', '::ffff:10.0.0.1%x'.slice(0, 15), '0.0.0.0']) {
    const kind = address === '::ffff:10.0.0.1' ? 'admitted' : 'refused';
    assert.equal(admit('rebinding.example', ['192.0.2.1', address]).kind, kind, address);
  }
  assert.equal(admit('nowhere.example', []).kind, 'unresolved');
});

test('an address is admitted without a name server, port 0 never', () => {
  assert.deepEqual(admit('192.0.2.1', []).asked, []);
  assert.equal(admit('192.0.2.1', []).kind, 'admitted');
  assert.equal(admit('192.0.2.1', [], SPECIAL, 0).kind, 'refused');
});
