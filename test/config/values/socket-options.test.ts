// Tests: src/linux/sockets/socket-option-numbers.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SOCKET_OPTIONS, socketSetting } from '../../../src/config/values/socket-options.ts';
import { SOCKET_OPTION_NUMBERS } from '../../../src/linux/sockets/socket-option-numbers.ts';

test('knows the options stunnel has, each with its number', () => {
  // `stunnel -sockets`, TCP_MAXSEG of its manual, and TCP_USER_TIMEOUT of ours.
  const listed =
    'SO_DEBUG SO_DONTROUTE SO_KEEPALIVE SO_LINGER SO_OOBINLINE SO_RCVBUF SO_SNDBUF SO_RCVLOWAT SO_SNDLOWAT SO_RCVTIMEO SO_SNDTIMEO ' +
    'SO_REUSEADDR SO_BINDTODEVICE TCP_KEEPCNT TCP_KEEPIDLE TCP_KEEPINTVL TCP_USER_TIMEOUT IP_TOS IP_TTL TCP_MAXSEG TCP_NODELAY IP_FREEBIND IPV6_V6ONLY';
  assert.deepEqual([...SOCKET_OPTIONS.keys()].sort(), listed.split(' ').sort());
  for (const name of listed.split(' ')) assert.ok(SOCKET_OPTION_NUMBERS.has(name), name);
});

test('reads each kind of value', () => {
  for (const [text, socket, name, value] of [
    ['l:TCP_NODELAY=no', 'local', 'TCP_NODELAY', { kind: 'flag', on: false }],
    ['r:SO_KEEPALIVE=1', 'remote', 'SO_KEEPALIVE', { kind: 'flag', on: true }],
    ['a:SO_RCVBUF=65536', 'accept', 'SO_RCVBUF', { kind: 'int', value: 65536 }],
    ['l:SO_LINGER=1:60', 'local', 'SO_LINGER', { kind: 'linger', on: true, seconds: 60 }],
    ['a:SO_RCVBUF=', 'accept', 'SO_RCVBUF', { kind: 'int', value: 0 }],
    ['a:SO_RCVBUF=-1', 'accept', 'SO_RCVBUF', { kind: 'int', value: -1 }],
    ['l:SO_LINGER=0', 'local', 'SO_LINGER', { kind: 'linger', on: false, seconds: 0 }],
    ['r:SO_SNDTIMEO=2:500000', 'remote', 'SO_SNDTIMEO', { kind: 'timeval', seconds: 2, microseconds: 500_000 }],
    ['r:SO_BINDTODEVICE=lo', 'remote', 'SO_BINDTODEVICE', { kind: 'text', text: 'lo' }],
  ] as const) {
    assert.deepEqual(socketSetting(text), { ok: true, value: { socket, option: { name, value } } }, text);
  }
});

test("refuses the rest in stunnel's words", () => {
  const wrong = [
    'x',
    '',
    'z:TCP_NODELAY=1',
    'l:FOO=1',
    'l:tcp_nodelay=1',
    'l:TCP_NODELAY',
    'l:TCP_NODELAY=maybe',
    'l:SO_LINGER=x',
    'l:SO_LINGER=1:2:3',
    'a:SO_RCVBUF=1:2',
    'a:SO_RCVBUF=-',
    'a:SO_RCVBUF=99999999999',
    'a:SO_BINDTODEVICE=aninterfacenametoolong',
    'a:__proto__=1',
  ];
  for (const text of wrong) {
    const parsed = socketSetting(text);
    assert.ok(!parsed.ok, text);
    assert.equal(parsed.stunnelText, 'Illegal socket option', text);
  }
});
