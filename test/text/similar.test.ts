import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { didYouMean, meantAmong, mostSimilar } from '../../src/text/similar.ts';

suite('a similar name', () => {
  test('is the nearest, in any case, and of several the first', () => {
    assert.equal(mostSimilar('PORST', ['from', 'Ports']), 'Ports');
    assert.equal(mostSimilar('plains', ['plan', 'plain']), 'plain');
    assert.equal(mostSimilar('pit', ['pin', 'sit']), 'pin');
    assert.equal(mostSimilar('form', ['forty', 'from']), 'from', 'two that changed places are one mistake');
    assert.equal(didYouMean('plain'), '; did you mean plain?');
  });

  test('is the one that what was typed is the beginning of', () => {
    assert.equal(mostSimilar('Conn', ['connections', 'status']), 'connections');
    assert.equal(mostSimilar('stat', ['connections', 'stats', 'status']), 'stats', 'a mistake is nearer');
    assert.equal(mostSimilar('verify', ['verifyChain', 'verifyPeer']), undefined, 'two begin so');
  });

  test('is not guessed from a short word or one that is far away', () => {
    assert.equal(mostSimilar('ab', ['abc']), undefined);
    assert.equal(mostSimilar('x'.repeat(1000), ['x'.repeat(1000)]), undefined);
    assert.equal(mostSimilar('host', ['post-it']), undefined);
    assert.equal(mostSimilar('moon', ['from']), undefined);
    assert.equal(didYouMean(undefined), '');
  });

  test('that nobody can guess is answered with those there are', () => {
    assert.equal(meantAmong('maill', ['mail', 'web']), '; did you mean mail?');
    assert.equal(meantAmong('x', ['mail']), '; there is mail');
    assert.equal(meantAmong('x', ['mail', 'web']), '; there are mail, web');
    assert.equal(meantAmong('x', []), '; there are none');
    assert.equal(meantAmong('x', [...'abcdefghij']), '; there are a, b, c, d, e, f, g, h and 2 more');
  });
});
