/** What commands and lists bring about, as the library says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FILE_SERVICE } from '../../../src/config/defaults.ts';
import { effectOf, kindOfCommand, refusalOfCommand } from '../../../src/tls/engine/commands.ts';

const BEFORE = FILE_SERVICE.tls;

test('commands are known by the kind of their value', () => {
  for (const [name, kind] of [
    ['Options', 'text'],
    ['ciphersuites', 'text'],
    ['NumTickets', 'text'],
    ['Certificate', 'file'],
    ['VerifyCAPath', 'file'],
    ['-cipher', 'unknown'],
    ['', 'unknown'],
  ] as const) {
    assert.equal(kindOfCommand(name), kind, name);
  }
});

test('a refusal has the reason of the library; commands of the other role are unknown', () => {
  assert.deepEqual(refusalOfCommand('client', { name: 'CipherString', value: 'NOPE' }), {
    reason: 'no cipher match',
    text: 'error:0A0000B9:SSL routines::no cipher match',
  });
  assert.equal(refusalOfCommand('server', { name: 'NumTickets', value: '3' }), undefined);
  assert.equal(refusalOfCommand('client', { name: 'NumTickets', value: '3' }), 'unknown');
});

test('the security level is that of the last list that says one', () => {
  for (const [ciphers, level] of [
    ['HIGH', 2],
    ['ALL:@SECLEVEL=0', 0],
    ['@SECLEVEL=3:ALL', 3],
    ['DEFAULT@SECLEVEL=1', 1],
    ['ALL:@SECLEVEL=0:HIGH,@SECLEVEL=4 !aNULL', 4],
    ['ALL:SECLEVEL=0', 2],
    ['SUITEB128:@SECLEVEL=0', 2],
  ] as const) {
    assert.equal(effectOf({ ...BEFORE, ciphers }, 'server')?.securityLevel, level, ciphers);
  }
  assert.equal(effectOf({ ...BEFORE, ciphers: 'ALL:@SECLEVEL=7' }, 'server'), undefined, 'not taken');
});

test('versions and switches are what they are when everything was carried out', () => {
  const commands = [
    { name: 'MinProtocol', value: 'TLSv1.2' },
    { name: 'MaxProtocol', value: 'TLSv1.2' },
    { name: 'Options', value: '-SessionTicket,ServerPreference,-MiddleboxCompat' },
  ];
  assert.deepEqual(effectOf({ ...BEFORE, minVersion: 'TLSv1.3', commands }, 'server'), {
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
    securityLevel: 2,
    secureOptions: 2 ** 14 + 2 ** 22,
    clearedOptions: 2 ** 20,
  });
});
