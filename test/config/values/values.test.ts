import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  clearable,
  commaList,
  decimal,
  hexKey,
  integer,
  LONGEST_WAIT_MS,
  oneOf,
  seconds,
  signedInteger,
  stunnelSeconds,
  text,
  yesNo,
} from '../../../src/config/values/values.ts';

suite('yesNo', () => {
  test('takes yes and no in any case', () => {
    assert.deepEqual(yesNo('YES'), { ok: true, value: true });
    assert.deepEqual(yesNo('No'), { ok: true, value: false });
  });

  test("refuses everything else with stunnel's sentence", () => {
    for (const wrong of ['', 'true', '1', 'yes ', 'on']) {
      const parsed = yesNo(wrong);
      assert.ok(!parsed.ok, wrong);
      assert.equal(parsed.stunnelText, "The argument needs to be either 'yes' or 'no'");
    }
  });
});

suite('oneOf', () => {
  const rr = oneOf({ rr: 'rr', prio: 'prio' } as const);

  test('takes its words in any case', () => assert.deepEqual(rr('PRIO'), { ok: true, value: 'prio' }));

  test('knows no word that every object has', () => {
    for (const word of ['__proto__', 'constructor', 'toString']) assert.equal(rr(word).ok, false, word);
  });

  test("names the words, in stunnel's form too", () => {
    const parsed = rr('x');
    assert.ok(!parsed.ok);
    assert.equal(parsed.stunnelText, "The argument needs to be either 'rr' or 'prio'");
    assert.equal(parsed.text, '"x" is not known here; write rr or prio');
  });

  test('can mean undefined', () => assert.deepEqual(oneOf({ none: undefined })('none'), { ok: true, value: undefined }));
});

suite('numbers', () => {
  test('are digits only', () => {
    for (const wrong of ['', '-1', '+1', '1.5', '1e3', '0x10', ' 1', '1 ', '5x', '１', '9'.repeat(16)]) {
      assert.equal(decimal(wrong), undefined, wrong);
    }
    assert.equal(decimal('007'), 7);
  });

  test('may have a sign and blanks in front where stunnel takes them', () => {
    for (const [text, value] of [
      ['5', 5],
      ['+5', 5],
      [' 5', 5],
      ['-5', -5],
      ['-0', 0],
      ['007', 7],
      ['9'.repeat(30), Number.MAX_SAFE_INTEGER],
    ] as const)
      assert.equal(signedInteger(text), value, text);
    for (const wrong of ['', '-', '+', '--1', '+ 1', '1 ', '5x', '0x10', '1.5']) assert.equal(signedInteger(wrong), undefined, wrong);
  });

  test('keep to their bounds', () => {
    const level = integer(0, 5, 'Illegal security level');
    assert.deepEqual(level('5'), { ok: true, value: 5 });
    const high = level('6');
    assert.ok(!high.ok);
    assert.equal(high.stunnelText, 'Illegal security level');
  });

  test('of seconds become milliseconds that a timer can hold', () => {
    assert.deepEqual(seconds('x')('10'), { ok: true, value: 10_000 });
    assert.deepEqual(seconds('x')('0'), { ok: true, value: 0 });
    assert.deepEqual(seconds('x')('999999999'), { ok: true, value: LONGEST_WAIT_MS });
  });

  test('of seconds may be negative where stunnel then waits without an end', () => {
    assert.deepEqual(stunnelSeconds('x')('-1'), { ok: true, value: LONGEST_WAIT_MS });
    assert.deepEqual(stunnelSeconds('x')('5'), { ok: true, value: 5000 });
    for (const wrong of ['-', '--1', '-x', '']) assert.equal(stunnelSeconds('x')(wrong).ok, false, wrong);
    assert.equal(seconds('x')('-1').ok, false);
  });
});

suite('text', () => {
  test('is not empty', () => assert.equal(text('').ok, false));
  test('may be empty where that clears', () => assert.deepEqual(clearable(''), { ok: true, value: undefined }));
});

suite('hexKey', () => {
  const key = hexKey('ticketKeySecret');

  test('takes 16 and 32 bytes, colons between them too', () => {
    assert.deepEqual(key('00112233445566778899aabbccddeeFF'), {
      ok: true,
      value: new Uint8Array([0, 17, 34, 51, 68, 85, 102, 119, 136, 153, 170, 187, 204, 221, 238, 255]),
    });
    const long = key('00:'.repeat(31).concat('ff'));
    assert.ok(long.ok);
    assert.equal(long.value.length, 32);
  });

  test('never repeats the digits in a message', () => {
    for (const wrong of ['00112233', 'zz112233445566778899aabbccddeeff', '']) {
      const parsed = key(wrong);
      assert.ok(!parsed.ok);
      assert.equal(parsed.stunnelText, 'Failed to read ticketKeySecret');
      assert.ok(wrong === '' || !parsed.text.includes(wrong));
    }
  });
});

suite('commaList', () => {
  const words = commaList(oneOf({ a: 1, b: 2 }));

  test('drops blanks around its parts', () => assert.deepEqual(words('a , b'), { ok: true, value: [1, 2] }));
  test('refuses an empty part', () => assert.equal(words('a,,b').ok, false));
});
