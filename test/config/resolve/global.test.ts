import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UNWATCHED } from '../../../src/config/defaults.ts';
import { clientService, resolveText } from '../../support/overcoat/resolve-text.ts';

const globalOf = (...lines: readonly string[]) => resolveText([...lines, clientService()].join('\n'));

test("has stunnel's defaults, and the drain of the launcher", () => {
  assert.deepEqual(globalOf().config.global, {
    foreground: 'no',
    logLevel: 5,
    syslog: true,
    syslogFacility: 'daemon',
    serviceName: 'stunnel',
    output: undefined,
    logAppend: true,
    logFormat: 'text',
    watch: UNWATCHED,
    pid: undefined,
    chroot: undefined,
    confine: 'no',
    setuid: undefined,
    setgid: undefined,
    setEnv: [],
    drainMs: 30_000,
    workers: 'auto',
    fips: false,
    providers: [],
    dnsListen: undefined,
  });
});

test('takes what is said', () => {
  const { config } = globalOf('log = overwrite', 'syslog = no', 'setEnv = A=b', 'setEnv = C=', 'TIMEOUTdrain = 7', 'chroot = /x');
  assert.equal(config.global.logAppend, false);
  assert.equal(config.global.syslog, false);
  assert.deepEqual(config.global.setEnv, [
    { name: 'A', value: 'b' },
    { name: 'C', value: '' },
  ]);
  assert.equal(config.global.drainMs, 7000);
  assert.equal(config.global.chroot, '/x');
});

test('keeps the facility of an earlier line', () => {
  const { global } = globalOf('debug = local0.5', 'debug = 7').config;
  assert.deepEqual([global.syslogFacility, global.logLevel], ['local0', 7]);
});

test('wants whole paths in the background', () => {
  for (const [line, reason] of [
    ['output = x.log', 'Global options: Log file must include full path name'],
    ['pid = x.pid', 'Global options: Pid file must include full path name'],
  ] as const) {
    assert.equal(globalOf(line).errors[0]?.stunnelText, reason);
    assert.deepEqual(globalOf(line, 'foreground = yes').errors, []);
    assert.deepEqual(globalOf(line.replace('= ', '= /'), 'foreground = no').errors, []);
  }
});
