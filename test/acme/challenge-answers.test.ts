/** What stands behind the path of HTTP-01 becomes the name of a file: letters of a token alone. */
// Tests: src/acme/challenge-answers.ts
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isToken, tokenOf } from '../../src/acme/challenge-answers.ts';

suite('a token', () => {
  test('is what stands in the path', () => {
    assert.equal(tokenOf('/.well-known/acme-challenge/abc_DEF-123'), 'abc_DEF-123');
  });

  test('is never a path, a query or a flood', () => {
    for (const end of ['', '..', '../account-key.pem', 'a/b', '%2e%2e', 'a?b', 'a b', 'a'.repeat(129), 'ä'])
      assert.equal(tokenOf(`/.well-known/acme-challenge/${end}`), undefined, end);
    assert.equal(tokenOf('/'), undefined);
    assert.equal(isToken(''), false);
  });
});
