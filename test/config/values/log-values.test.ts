import assert from 'node:assert/strict';
import { test } from 'node:test';
import { debug } from '../../../src/config/values/log-values.ts';

test('takes levels by number and by name in any case', () => {
  for (const [text, level] of [
    ['0', 0],
    ['7', 7],
    ['emerg', 0],
    ['WARNING', 4],
    ['notice', 5],
    ['debug', 7],
  ] as const) {
    assert.deepEqual(debug(text), { ok: true, value: { facility: undefined, level } }, text);
  }
});

test('takes a facility in front', () => {
  assert.deepEqual(debug('Daemon.Info'), { ok: true, value: { facility: 'daemon', level: 6 } });
  assert.deepEqual(debug('local7.3'), { ok: true, value: { facility: 'local7', level: 3 } });
});

test("refuses the rest in stunnel's words", () => {
  for (const [text, reason] of [
    ['8', 'Illegal debug level'],
    ['', 'Illegal debug level'],
    ['77', 'Illegal debug level'],
    ['daemon.', 'Illegal debug level'],
    ['x', 'Illegal debug level'],
    ['foo.5', 'Illegal syslog facility'],
    ['__proto__.5', 'Illegal syslog facility'],
  ] as const) {
    const parsed = debug(text);
    assert.ok(!parsed.ok, text);
    assert.equal(parsed.stunnelText, reason, text);
  }
});
