import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { decode, encode } from 'dns-packet';
import { isAnswerTo, isQuery, serverFailure, withId } from '../../../src/names/dns/messages.ts';

const query = encode({ type: 'query', id: 7, flags: 256, questions: [{ type: 'A', name: 'www.example.org' }] });
const answer = (id = 7, name = 'www.example.org'): Buffer => encode({ type: 'response', id, questions: [{ type: 'A', name }] });

suite('DNS messages', () => {
  test('a query is long enough and no answer', () => {
    assert.equal(isQuery(query), true);
    assert.equal(isQuery(answer()), false);
    assert.equal(isQuery(query.subarray(0, 11)), false);
  });

  test('an answer has the id and the question of its query, whatever the case', () => {
    assert.equal(isAnswerTo(query, answer()), true);
    assert.equal(isAnswerTo(query, answer(7, 'WWW.Example.org')), true);
    assert.equal(isAnswerTo(query, answer(8)), false);
    assert.equal(isAnswerTo(query, answer(7, 'other.example')), false);
    assert.equal(isAnswerTo(query, query), false);
    assert.equal(isAnswerTo(query, Buffer.alloc(4)), false);
    assert.equal(isAnswerTo(query, encode({ type: 'response', id: 7, flags: 2 })), true);
  });

  test('an id is changed in a copy', () => {
    assert.equal(decode(withId(query, 65_535)).id, 65_535);
    assert.equal(decode(query).id, 7);
  });

  test('a failure repeats id and question, and nothing else', () => {
    const withOpt = encode({
      type: 'query',
      id: 9,
      questions: [{ type: 'A', name: 'a.example' }],
      additionals: [{ type: 'OPT', name: '.', udpPayloadSize: 1232, flags: 0, options: [] } as never],
    });
    const failure = decode(serverFailure(withOpt)) as ReturnType<typeof decode> & { rcode?: string };
    assert.equal(failure.id, 9);
    assert.equal(failure.rcode, 'SERVFAIL');
    assert.equal(failure.questions?.[0]?.name, 'a.example');
    assert.equal(failure.additionals?.length, 0);
    assert.equal(decode(serverFailure(Buffer.alloc(12))).questions?.length, 0);
  });
});
