/** What a resolver answers: passed on or dropped, and never more than a bound of it kept. */
import assert from 'node:assert/strict';
import { encode } from 'dns-packet';
import { readAnswer } from '../../../src/names/dns/answers.ts';
import { isAnswerTo, isQuery, serverFailure } from '../../../src/names/dns/messages.ts';
import { TcpFrames } from '../../../src/names/dns/tcp-frames.ts';
import type { Subject } from '../../support/fuzz.ts';
import { randomOf } from '../../support/fuzz.ts';

const questions = [{ type: 'A', name: 'www.example.org' } as const];
const QUERY = encode({ type: 'query', id: 1, questions });
const messages = (): Buffer[] => [
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
  QUERY,
];

export const DNS_SUBJECTS: readonly Subject[] = [
  {
    name: 'dns-answers',
    seeds: messages,
    run: (bytes) => {
      const told = readAnswer(bytes);
      if (told === undefined) return;
      assert.ok(told.addresses.length > 0 && told.addresses.length <= 256);
      assert.ok(told.name.length > 0 && told.ttlSeconds >= 0);
    },
  },
  {
    name: 'dns-messages',
    seeds: messages,
    run: (bytes) => {
      isAnswerTo(QUERY, bytes);
      if (isQuery(bytes)) assert.ok(serverFailure(bytes).length <= bytes.length);
    },
  },
  {
    name: 'dns-frames',
    seeds: () => messages().map((message) => Buffer.concat([Buffer.of(message.length >> 8, message.length & 0xff), message])),
    run: (bytes) => {
      const cut = randomOf(bytes).below(bytes.length + 1);
      const frames = new TcpFrames();
      const split = [...frames.push(bytes.subarray(0, cut)), ...frames.push(bytes.subarray(cut))];
      assert.deepEqual(split, new TcpFrames().push(bytes));
    },
  },
];
