/** Hostile DNS answers: whatever a resolver sends is passed on or dropped, and never ends the forwarder. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { encode } from 'dns-packet';
import { readAnswer } from '../../src/names/dns/answers.ts';
import { isAnswerTo, isQuery, serverFailure } from '../../src/names/dns/messages.ts';
import { TcpFrames } from '../../src/names/dns/tcp-frames.ts';
import { FUZZ_INPUTS, fuzz, mutate } from '../support/fuzz.ts';

const questions = [{ type: 'A', name: 'www.example.org' } as const];
const SEEDS = [
  encode({
    type: 'response',
    id: 1,
    questions,
    answers: [
      { type: 'CNAME', name: 'www.example.org', data: 'a.example', ttl: 5 },
      { type: 'A', name: 'a.example', data: '192.0.2.1', ttl: 5 },
    ],
  }),
  encode({
    type: 'response',
    id: 1,
    questions: [{ type: 'AAAA', name: 'a.b.c.example' }],
    answers: [{ type: 'AAAA', name: 'a.b.c.example', data: '2001:db8::1', ttl: 5 }],
  }),
  encode({ type: 'query', id: 1, questions }),
];

suite('fuzzing DNS', () => {
  test('answers', () => {
    fuzz(
      700,
      FUZZ_INPUTS,
      (random) => mutate(random, SEEDS),
      (bytes) => {
        const told = readAnswer(bytes);
        if (told === undefined) return;
        assert.ok(told.addresses.length > 0 && told.addresses.length <= 256);
        assert.ok(told.name.length > 0 && told.ttlSeconds >= 0);
      },
    );
  });

  test('messages', () => {
    const query = SEEDS[2] ?? Buffer.alloc(12);
    fuzz(
      701,
      FUZZ_INPUTS,
      (random) => mutate(random, SEEDS),
      (bytes) => {
        isAnswerTo(query, bytes);
        if (isQuery(bytes)) assert.ok(serverFailure(bytes).length <= bytes.length);
      },
    );
  });

  test('frames', () => {
    fuzz(
      702,
      FUZZ_INPUTS,
      (random) => random.bytes(random.below(400)),
      (bytes, random) => {
        const frames = new TcpFrames();
        const cut = random.below(bytes.length + 1);
        const split = [...frames.push(bytes.subarray(0, cut)), ...frames.push(bytes.subarray(cut))];
        assert.deepEqual(split, new TcpFrames().push(bytes));
      },
    );
  });
});
