import assert from 'node:assert/strict';
import { test } from 'node:test';
import { valueHint } from '../../src/text/value-hint.ts';

test('sees quotes and comments that are part of a value', () => {
  for (const value of ['"a"', "'a b'", '""']) assert.match(valueHint(value) ?? '', /^drop the quotes/, value);
  for (const [value, comment] of [
    ['a ; b', '; b'],
    ['a\t# b ; c', '# b ; c'],
    ['a #', '#'],
  ] as const)
    assert.equal(valueHint(value), `"${comment}" is part of the value, since a comment needs a line of its own`);
});

test('sees none where there are none', () => {
  for (const value of ['', '"', '"a', 'a"b"', '\'a"', 'a;b', 'a#b', '#a', 'HIGH:!aNULL;RC4'])
    assert.equal(valueHint(value), undefined, value);
});
