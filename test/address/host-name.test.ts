import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Host } from '../../src/address/host-name.ts';
import { authorityOf, parseAuthority, parseHost } from '../../src/address/host-name.ts';

const dns = (name: string): Host => ({ kind: 'dns', name });
const ip = (address: string): Host => ({ kind: 'ip', address });

describe('parseHost', () => {
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
  for (const [text, host] of cases) it(JSON.stringify(text), () => assert.deepEqual(parseHost(text), host));
});

describe('parseAuthority', () => {
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
  for (const [text, host] of cases) it(JSON.stringify(text), () => assert.deepEqual(parseAuthority(text), host));
});

describe('authorityOf', () => {
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
  for (const [url, authority] of cases) it(JSON.stringify(url), () => assert.equal(authorityOf(url), authority));
});
