import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { cutBytes, MAX_FIELD_CHARACTERS, MAX_LINE_BYTES, printable, printableJson } from '../../src/text/printable.ts';

/** What a peer may send as a name, and what the log shows of it. */
const CASES: readonly (readonly [text: string, shown: string])[] = [
  ['plain.example', 'plain.example'],
  ['', ''],
  ['two\nlines', 'two\\x0alines'],
  ['carriage\rreturn', 'carriage\\x0dreturn'],
  ['\u001b[31mred', '\\x1b[31mred'],
  ['nul\0byte', 'nul\\x00byte'],
  ['delete\u007f', 'delete\\x7f'],
  ['c1 \u0085 next line', 'c1 \\x85 next line'],
  ['no-break\u00a0space', 'no-break\\xa0space'],
  ['right-to-left \u202e override', 'right-to-left \\u{202e} override'],
  ['isolate \u2066', 'isolate \\u{2066}'],
  ['arabic mark \u061c', 'arabic mark \\u{061c}'],
  ['line\u2028separator', 'line\\u{2028}separator'],
  ['zero\u200bwidth', 'zero\\u{200b}width'],
  ['byte order \ufeffmark', 'byte order \\u{feff}mark'],
  ['lone \ud800 half', 'lone \\u{d800} half'],
  ['private \ue000', 'private \\u{e000}'],
  ['tag \u{e0041}', 'tag \\u{e0041}'],
  ['münchen.example', 'münchen.example'],
  ['日本語', '日本語'],
  ['emoji 🔒', 'emoji 🔒'],
];

suite('printable text', () => {
  for (const [text, shown] of CASES) test(`shows ${JSON.stringify(text)}`, () => assert.equal(printable(text), shown));

  test('is cut at 256 characters, also when escaping makes it longer', () => {
    assert.equal(printable('x'.repeat(256)), 'x'.repeat(256));
    assert.equal(printable('x'.repeat(257)), `${'x'.repeat(253)}...`);
    const escaped = printable('\n'.repeat(200));
    assert.equal(escaped.length, MAX_FIELD_CHARACTERS);
    assert.ok(escaped.endsWith('...'));
  });

  test('does not look at all of a megabyte', () => {
    assert.equal(printable('\u202e'.repeat(1_000_000)).length, MAX_FIELD_CHARACTERS);
  });

  test('is cut in bytes between characters', () => {
    assert.equal(cutBytes('x'.repeat(MAX_LINE_BYTES)), 'x'.repeat(MAX_LINE_BYTES));
    for (const character of ['é', '語', '🔒'])
      for (let shift = 0; shift < 4; shift += 1) {
        const cut = cutBytes('x'.repeat(shift) + character.repeat(600));
        assert.ok(Buffer.byteLength(cut) <= MAX_LINE_BYTES);
        assert.ok(Buffer.byteLength(cut) > MAX_LINE_BYTES - 8);
        assert.ok(!cut.includes('\ufffd'), 'no character is broken');
        assert.ok(cut.endsWith(`${character}...`));
      }
  });
});

suite('printable JSON', () => {
  test('means the same, and has nothing in it that a terminal obeys', () => {
    const value = { texts: CASES.map(([text]) => text), '\u009b\u202e': [1, null, true] };
    for (const indent of [0, 2]) {
      const json = printableJson(value, indent);
      assert.deepEqual(JSON.parse(json), value);
      assert.doesNotMatch(json.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/u);
    }
    assert.equal(printableJson('a\u009b\u202e\u{e0041}'), '"a\\u009b\\u202e\\udb40\\udc41"');
    assert.equal(printableJson(['m\u00fcnchen'], 1), '[\n "m\u00fcnchen"\n]');
  });
});
