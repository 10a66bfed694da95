import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseArguments } from '../../src/cli/args.ts';

const parse = (...words: readonly string[]) => parseArguments(['--as-stunnel', ...words]);

it('runs a file, by default that of the system', () => {
  assert.deepEqual(parse(), { kind: 'stunnel-run', source: { file: '/etc/stunnel/stunnel.conf' } });
  assert.deepEqual(parse('a.conf'), { kind: 'stunnel-run', source: { file: 'a.conf' } });
  assert.deepEqual(parse('--help'), { kind: 'stunnel-run', source: { file: '--help' } });
});

it('ignores what comes after', () => {
  assert.deepEqual(parse('a.conf', '-version'), { kind: 'stunnel-run', source: { file: 'a.conf' } });
  assert.deepEqual(parse('-version', 'x'), { kind: 'stunnel-info', what: 'version' });
});

it('knows its words in any case', () => {
  for (const what of ['help', 'version', 'options', 'sockets'] as const) {
    assert.deepEqual(parse(`-${what}`), { kind: 'stunnel-info', what });
    assert.deepEqual(parse(`-${what.toUpperCase()}`), { kind: 'stunnel-info', what });
  }
});

it('reads a descriptor', () => {
  assert.deepEqual(parse('-fd', '0'), { kind: 'stunnel-run', source: { fd: 0 } });
  assert.deepEqual(parse('-FD', '7'), { kind: 'stunnel-run', source: { fd: 7 } });
  assert.deepEqual(parse('-fd', 'x'), { kind: 'stunnel-syntax', message: 'Invalid file descriptor number' });
  assert.deepEqual(parse('-fd'), { kind: 'stunnel-syntax', message: 'No file descriptor specified' });
});
