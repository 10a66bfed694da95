/** Answers of a process that may have been taken over: of the kind that was asked for, in its form, or refused. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { inspect } from 'node:util';
import type { Order } from '../../../../../src/daemon/workers/messages.ts';
import { checkedAnswer } from '../../../../../src/daemon/workers/supervisor/heard/answers.ts';

const LISTED = { connection: 1, id: '1', service: 's', toTls: 0, toPlain: 0, ms: 1, stage: 'relay' };
const VITALS = { process: 'worker 1', pid: 1, memoryBytes: undefined, descriptors: 3, cpuSeconds: 1, delaySeconds: 0 };
const endless: unknown[] = [];
endless.length = 2 ** 32 - 1;

suite('answers', () => {
  for (const [order, answer] of [
    ['prepare', { kind: 'done' }],
    ['prepare', { kind: 'failed', code: 'internal', text: 'no' }],
    ['list', { kind: 'listed', connections: [LISTED] }],
    ['vitals', { kind: 'vitals', vitals: VITALS }],
    ['close-one', { kind: 'closed-one', found: true }],
    ['find-addresses', { kind: 'found', result: { addresses: [{ address: '::1', family: 6 }] } }],
    ['find-addresses', { kind: 'found', result: { error: 'no' } }],
    ['read-files', { kind: 'files-read', files: new Map() }],
    ['ask-service', { kind: 'service-answer', answer: { kind: 'name', name: { kind: 'several', names: ['a', 'b'] } } }],
    ['ask-service', { kind: 'service-answer', answer: { kind: 'list', list: { pem: '', expires: undefined } } }],
    ['ask-service', { kind: 'service-answer', answer: { kind: 'window', window: undefined } }],
    ['ask-service', { kind: 'service-answer', answer: { kind: 'order', step: { kind: 'challenges', order: '1', pem: undefined } } }],
  ] as const)
    test(`taken: ${order}, ${JSON.stringify(answer)}`, () => assert.deepEqual(checkedAnswer(order as Order['kind'], answer), answer));

  for (const [order, answer] of [
    ['prepare', undefined],
    ['prepare', { kind: 'listed', connections: [] }],
    ['list', { kind: 'done' }],
    ['list', { kind: 'listed', connections: endless }],
    ['list', { kind: 'listed', connections: [{ ...LISTED, toTls: Number.NaN }] }],
    ['list', { kind: 'listed', connections: [null] }],
    ['vitals', { kind: 'vitals', vitals: { ...VITALS, cpuSeconds: '1' } }],
    ['vitals', { kind: 'vitals', vitals: { ...VITALS, memoryBytes: Number.NaN } }],
    ['close-one', { kind: 'closed-one', found: 'yes' }],
    ['find-addresses', { kind: 'found', result: { addresses: [{ address: 'evil.example', family: 4 }] } }],
    ['find-addresses', { kind: 'found', result: { addresses: [{ address: 'evil.example', family: 0 }] } }],
    ['find-addresses', { kind: 'found', result: { addresses: [{ address: '::1', family: 4 }] } }],
    ['find-addresses', { kind: 'found', result: { addresses: [{ address: 4, family: 0 }] } }],
    ['find-addresses', { kind: 'found', result: { addresses: endless } }],
    ['find-addresses', { kind: 'found', result: {} }],
    ['read-files', { kind: 'files-read', files: {} }],
    ['prepare', { kind: 'failed', code: 'toString', text: '' }],
    ['prepare', { kind: 'failed', code: 'internal', text: 7 }],
    ['ask-service', { kind: 'service-answer', answer: { kind: 'name', name: { kind: 'several', names: [7] } } }],
    ['ask-service', { kind: 'service-answer', answer: { kind: 'list', list: { pem: 7 } } }],
    ['ask-service', { kind: 'service-answer', answer: { kind: 'window', window: { start: Number.NaN, end: 1, askAgainAt: 1 } } }],
    ['ask-service', { kind: 'service-answer', answer: { kind: 'order', step: { kind: 'certificate', pem: undefined } } }],
    ['ask-service', { kind: 'service-answer', answer: { kind: 'toString' } }],
  ] as const)
    test(`refused: ${order}, ${inspect(answer)}`, () => assert.throws(() => checkedAnswer(order as Order['kind'], answer), TypeError));

  test('a failure is cut to what a line can say', () => {
    const answer = checkedAnswer('prepare', { kind: 'failed', code: 'internal', text: 'x'.repeat(100_000) });
    assert.equal(answer.kind === 'failed' && answer.text.length, 4096);
  });
});
