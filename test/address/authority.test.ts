import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { authorityOf, parseAuthority, parseHostPort, splitHostPort, withBrackets } from '../../src/address/authority.ts';
import type { Host } from '../../src/address/host-name.ts';

const dns = (name: string): Host => ({ kind: 'dns', name });
const ip = (address: string): Host => ({ kind: 'ip', address });

suite('splitHostPort', () => {
  const cases: [text: string, host: string, port: string | undefined][] = [
    ['a.test:443', 'a.test', '443'],
    ['a.test', 'a.test', undefined],
    ['a.test:', 'a.test', ''],
    ['::1:443', '::1', '443'],
    [':::443', '::', '443'],
    ['[::1]:443', '[::1]', '443'],
    ['[::1]', '[::1]', undefined],
    ['[::]/32:443', '[::]/32', '443'],
    ['', '', undefined],
  ];
  for (const [text, host, port] of cases) test(JSON.stringify(text), () => assert.deepEqual(splitHostPort(text), { host, port }));
});

suite('parseHostPort', () => {
  const cases: [text: string, host: string | undefined, port?: number][] = [
    ['a.test:443', 'a.test', 443],
    ['::1:443', '::1', 443],
    ['[::1]:443', '::1', 443],
    ['a.test:00080', 'a.test', 80],
    ['a.test', undefined],
    ['a.test:', undefined],
    ['a.test:0', undefined],
    ['a.test:65536', undefined],
    ['a.test:8 0', undefined],
    ['a.test:-1', undefined],
    ['a.test:1e3', undefined],
    [':443', undefined],
    ['[]:443', undefined],
    ['[::1]', undefined],
  ];
  for (const [text, host, port] of cases)
    test(JSON.stringify(text), () => assert.deepEqual(parseHostPort(text), host === undefined ? undefined : { host, port }));
});

test('withBrackets', () => {
  for (const [host, written] of [
    ['::1', '[::1]'],
    ['[::1]', '[::1]'],
    ['a.test', 'a.test'],
    ['127.0.0.1', '127.0.0.1'],
  ] as const)
    assert.equal(withBrackets(host), written);
});

suite('parseAuthority', () => {
  const cases: [text: string, host: Host | undefined][] = [
    ['www.example.org:8080', dns('www.example.org')],
    ['www.example.org:', dns('www.example.org')],
    ['user:pass@cam.example.org:554', dns('cam.example.org')],
    ['a@b@example.org', dns('example.org')],
    ['[2001:db8::7]:1935', ip('2001:db8::7')],
    ['192.0.2.7:80', ip('192.0.2.7')],
    ['2001:db8::7', undefined],
    ['example.org:80x', undefined],
    ['example.org:123456', undefined],
    ['[2001:db8::7]x', undefined],
    [':80', undefined],
    ['', undefined],
  ];
  for (const [text, host] of cases) test(JSON.stringify(text), () => assert.deepEqual(parseAuthority(text), host));
});

suite('authorityOf', () => {
  const cases: [url: string, authority: string | undefined][] = [
    ['rtmp://live.example.org:1935/app/instance', 'live.example.org:1935'],
    ['rtmp://live.example.org', 'live.example.org'],
    ['rtmp://live.example.org?token=a/b', 'live.example.org'],
    ['http://evil.example\\@good.example/', 'evil.example'],
    ['rtsp://user:pass@cam/', 'user:pass@cam'],
    ['://x', undefined],
    ['rtmp:///app', undefined],
    ['/path', undefined],
    ['', undefined],
  ];
  for (const [url, authority] of cases) test(JSON.stringify(url), () => assert.equal(authorityOf(url), authority));
});
