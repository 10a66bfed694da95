import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArguments } from '../../../src/cli/args/args.ts';

const parse = (...words: readonly string[]) => parseArguments(['--as-stunnel', ...words]);

test('runs a file, by default that of the system', async () => {
  assert.deepEqual(await parse(), { kind: 'stunnel-run', source: { file: '/etc/stunnel/stunnel.conf' } });
  assert.deepEqual(await parse('a.conf'), { kind: 'stunnel-run', source: { file: 'a.conf' } });
  assert.deepEqual(await parse('--help'), { kind: 'stunnel-run', source: { file: '--help' } });
});

test('ignores what comes after', async () => {
  assert.deepEqual(await parse('a.conf', '-version'), { kind: 'stunnel-run', source: { file: 'a.conf' } });
  assert.deepEqual(await parse('-version', 'x'), { kind: 'stunnel-info', what: 'version' });
});

test('knows its words in any case', async () => {
  for (const what of ['help', 'version', 'options', 'sockets'] as const) {
    assert.deepEqual(await parse(`-${what}`), { kind: 'stunnel-info', what });
    assert.deepEqual(await parse(`-${what.toUpperCase()}`), { kind: 'stunnel-info', what });
  }
});

test('reads a descriptor', async () => {
  assert.deepEqual(await parse('-fd', '0'), { kind: 'stunnel-run', source: { fd: 0 } });
  assert.deepEqual(await parse('-FD', '7'), { kind: 'stunnel-run', source: { fd: 7 } });
  assert.deepEqual(await parse('-fd', 'x'), { kind: 'stunnel-syntax', message: 'Invalid file descriptor number' });
  assert.deepEqual(await parse('-fd'), { kind: 'stunnel-syntax', message: 'No file descriptor specified' });
});
