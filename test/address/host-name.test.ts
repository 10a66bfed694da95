import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Host } from '../../src/address/host-name.ts';
import { foldedName, hostName, isHostName, parseHost, readHostName } from '../../src/address/host-name.ts';

const dns = (name: string): Host => ({ kind: 'dns', name });
const ip = (address: string): Host => ({ kind: 'ip', address });

suite('parseHost', () => {
  const cases: [text: string, host: Host | undefined][] = [
    ['www.example.org', dns('www.example.org')],
    ['WWW.Example.ORG.', dns('www.example.org')],
    ['localhost', dns('localhost')],
    ['my_cam.local', dns('my_cam.local')],
    ['xn--bcher-kva.example', dns('xn--bcher-kva.example')],
    ['Bücher.example', dns('xn--bcher-kva.example')],
    ['1and1.example', dns('1and1.example')],
    ['a.0xg', dns('a.0xg')],
    ['192.0.2.7', ip('192.0.2.7')],
    ['2001:DB8::7', ip('2001:db8::7')],
    ['[2001:db8::7]', ip('2001:db8::7')],
    [`${'a'.repeat(63)}.example`, dns(`${'a'.repeat(63)}.example`)],
    ['', undefined],
    ['.', undefined],
    ['a..b', undefined],
    ['.example', undefined],
    ['example..', undefined],
    ['[192.0.2.7]', undefined],
    ['[2001:db8::7', undefined],
    ['fe80::1%eth0', undefined],
    ['127.1', undefined],
    ['2130706433', undefined],
    ['0x7f000001', undefined],
    ['0x7f.0.0.0x1', undefined],
    ['0177.0.0.1', undefined],
    ['192.0.2.256', undefined],
    ['1.2.3.4.', undefined],
    ['１２７.0.0.1', undefined],
    ['a b', undefined],
    ['a\0b', undefined],
    ['a/b', undefined],
    ['a%41.example', undefined],
    ['bü%63her.example', undefined],
    ['bü cher.example', undefined],
    ['*.example.org', undefined],
    ['example.org\r\n', undefined],
    ['\u202eexample.org', undefined],
    [`${'a'.repeat(64)}.example`, undefined],
    [`${'a.'.repeat(126)}org`, undefined],
  ];
  for (const [text, host] of cases) test(JSON.stringify(text), () => assert.deepEqual(parseHost(text), host));
});

/** Spellings that are meant to be taken for another name, each with the reason that is shown. None of them is a name anywhere. */
const HOSTILE: readonly (readonly [text: string, why: RegExp])[] = [
  ['pay.example.com/é.attacker.test', /^it holds "\/"$/],
  ['pay.example.com?é.attacker.test', /^it holds "\?"$/],
  ['pay.example.com#é.attacker.test', /^it holds "#"$/],
  ['pay.example.com\\é.attacker.test', /^it holds "\\"$/],
  ['pay.example.com@é.attacker.test', /^it holds "@"$/],
  ['é@pay.example.com', /^it holds "@"$/],
  ['pay.example.com:443', /^it holds ":"$/],
  ['pay.example.com:é', /^it holds ":"$/],
  ['pay%2eexample.com', /^it holds "%"$/],
  ['pay%2eé.com', /^it holds "%"$/],
  ['pay.example.com\0.attacker.test', /^it holds "\\x00"$/],
  ['pay.example.com\0é.attacker.test', /^it holds "\\x00"$/],
  ['pay.exam\tplé.com', /^it holds "\\x09"$/],
  ['pay.exam\nplé.com', /^it holds "\\x0a"$/],
  ['pay.exam\rplé.com', /^it holds "\\x0d"$/],
  [' pay.example.com', /^it holds " "$/],
  ['pay.example.com ', /^it holds " "$/],
  ['pay .exámple.com', /^it holds " "$/],
  ['*.example.com', /^it holds "\*"$/],
  ['*.é.example.com', /^it holds "\*"$/],
  ['pay.example.com,b.test', /^it holds ","$/],
  ['[é]', /^it holds "\["$/],
  ['pay.example.com／attacker.test', /^it is no valid international name$/],
  ['pay.example.com？attacker.test', /^it is no valid international name$/],
  ['pay.example.com＃attacker.test', /^it is no valid international name$/],
  ['pay.example.com＠attacker.test', /^it is no valid international name$/],
  ['pay.example.com：443', /^it is no valid international name$/],
  ['pay.example.com％2f.test', /^it is no valid international name$/],
  ['pay.example.com℀.attacker.test', /^it is no valid international name$/],
  ['pay.example.com\u2028', /^it is no valid international name$/],
  ['pay\ud800.example.com', /^it is no valid international name$/],
  ['xn--a.é.example.com', /^it is no valid international name$/],
  ['', /^it is empty$/],
  ['.', /^it is empty$/],
  ['。', /^it is empty$/],
  ['..', /^it has an empty label$/],
  ['a..test', /^it has an empty label$/],
  ['é..test', /^it has an empty label$/],
  ['.a.test', /^it has an empty label$/],
  ['a.test..', /^it has an empty label$/],
  ['a。。test', /^it has an empty label$/],
  [`${'a'.repeat(64)}.test`, /^a label of it has more than 63 characters$/],
  [`${'é'.repeat(62)}.test`, /^a label of it has more than 63 characters$|^it is no valid international name$/],
  [`${'a.'.repeat(126)}ab`, /^it has more than 253 characters$/],
  ['a'.repeat(70_000), /^it has more than 253 characters$/],
  ['é'.repeat(70_000), /^it has more than 253 characters$/],
  ['127.0.0.1', /^it is an IP address$/],
  ['::1', /^it is an IP address$/],
  ['[::1]', /^it is an IP address$/],
  ['::ffff:127.0.0.1', /^it is an IP address$/],
  ['fe80::1%lo', /^it is an IP address$/],
  ['127.0.0.1.', /^it ends in a number/],
  ['127.1', /^it ends in a number/],
  ['2130706433', /^it ends in a number/],
  ['017700000001', /^it ends in a number/],
  ['0x7f000001', /^it ends in a number/],
  ['0X7F.1', /^it ends in a number/],
  ['0x', /^it ends in a number/],
  ['1.2.3.4.5', /^it ends in a number/],
  ['pay.example.256', /^it ends in a number/],
  ['１２７.0.0.1', /^it ends in a number/],
  ['127。0。0。1', /^it ends in a number/],
  ['０x7f.1', /^it ends in a number/],
];

suite('hostile spellings', () => {
  for (const [text, why] of HOSTILE) {
    test(JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text), () => {
      const read = readHostName(text);
      assert.match(read.ok ? `is the name ${read.name}` : read.why, why);
      assert.equal(hostName(text), undefined);
      assert.equal(isHostName(text), false);
      assert.notEqual(parseHost(text)?.kind, 'dns');
    });
  }
});

suite('one form of each name', () => {
  const names: [text: string, name: string][] = [
    ['PAY.Example.COM.', 'pay.example.com'],
    ['_sip.my_host.example.com', '_sip.my_host.example.com'],
    ['my_cam.local', 'my_cam.local'],
    ['foo-.example.com', 'foo-.example.com'],
    ['-foo.example.com', '-foo.example.com'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['XN--BCHER-KVA.example', 'xn--bcher-kva.example'],
    ['BÜCHER.example', 'xn--bcher-kva.example'],
    ['bücher。example．', 'xn--bcher-kva.example'],
    ['ｐａｙ.example', 'pay.example'],
    ['pa\u00ady.example', 'pay.example'],
    [`${'a'.repeat(63)}.test`, `${'a'.repeat(63)}.test`],
    [`${'a.'.repeat(126)}a.`, `${'a.'.repeat(126)}a`],
    ['localhost', 'localhost'],
    ['1and1.example', '1and1.example'],
    ['a.0xg', 'a.0xg'],
  ];
  for (const [text, name] of names) {
    test(JSON.stringify(text), () => {
      assert.deepEqual(readHostName(text), { ok: true, name });
      assert.equal(isHostName(name), true);
      assert.equal(isHostName(text), text === name);
    });
  }
});

test('folds letter case and one trailing dot', () => {
  assert.equal(foldedName('*.Example.COM.'), '*.example.com');
  assert.equal(foldedName('a..'), 'a.');
});
