import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { suite, test } from 'node:test';
import {
  describeSystemError,
  explainRefusals,
  MAY_BE_FENCE,
  plainSystemError,
  sentenceOf,
  systemError,
  systemErrorText,
} from '../../src/text/system-error.ts';

suite('error sentences', () => {
  test("are the C library's for either sign", () => {
    assert.equal(sentenceOf(2), 'No such file or directory');
    assert.equal(sentenceOf(-2), 'No such file or directory');
  });

  test('fall back to the name, then to the number', () => {
    assert.equal(sentenceOf(11), 'Resource temporarily unavailable', 'which has a second name');
    assert.equal(sentenceOf(7), 'E2BIG');
    assert.equal(sentenceOf(99_999), 'error 99999');
  });

  test('describe what Node raised', async () => {
    const socket = connect(1, '127.0.0.1');
    const [error] = (await once(socket, 'error').catch((cause: unknown) => [cause])) as [unknown];
    const described = describeSystemError(error);
    assert.equal(described.text, 'Connection refused');
    if (process.platform === 'linux') assert.equal(described.errno, 111);
  });

  test('keep the message of other errors', () => {
    assert.deepEqual(describeSystemError(new Error('no')), { text: 'no', errno: 0 });
    assert.deepEqual(describeSystemError('text'), { text: 'text', errno: 0 });
    assert.equal(systemErrorText(new Error('no')), 'no');
  });

  test('end in the number where the message has one', () => {
    assert.equal(systemErrorText(Object.assign(new Error('x'), { code: 'ENOENT' })), 'No such file or directory (2)');
  });
});

// This process has a fence from here on, as far as its sentences go.
suite('a refusal in a process with a fence', () => {
  const cause = Object.assign(new Error('x'), { code: 'EACCES' });

  test('says so behind the number', () => {
    explainRefusals();
    assert.equal(systemErrorText(cause), `Permission denied (13)${MAY_BE_FENCE}`);
    assert.equal(systemError('bind', 13).message, `bind: Permission denied (13)${MAY_BE_FENCE}`);
    assert.equal(describeSystemError(cause).text, `Permission denied${MAY_BE_FENCE}`);
    assert.equal(systemErrorText(Object.assign(new Error('x'), { code: 'ENOENT' })), 'No such file or directory (2)');
  });

  test('is described without it where the fence cannot be meant', () => {
    explainRefusals();
    assert.deepEqual(plainSystemError(cause), { text: 'Permission denied', errno: 13 });
  });
});
