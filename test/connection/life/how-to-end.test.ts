import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndedLeg } from '../../../src/connection/life/how-to-end.ts';
import { howToEnd } from '../../../src/connection/life/how-to-end.ts';
import type { FailureCause } from '../../../src/failure-cause.ts';
import { TOLD } from '../../../src/failure-cause.ts';
import type { CloseReason } from '../../../src/observe/events.ts';

const failed = (because: FailureCause): CloseReason => ({ kind: 'failed', code: 'internal', message: '', because, stack: undefined });
const REFUSED = failed({ kind: 'gone', side: 'client', said: true });
const SILENT = failed({ kind: 'limit', limit: 'TIMEOUTbusy', ms: 1, side: 'client', said: false });
const CLEAR = failed({ kind: 'not-tls', from: 'client', protocol: '', option: '', begins: 'x' });
const secure: EndedLeg = { leg: 'tls', speaks: 'tls', stage: 'handshake', negotiated: false };
const plain: EndedLeg = { ...secure, leg: 'plain', speaks: 'plain' };
const none: EndedLeg = { ...secure, leg: undefined, speaks: undefined };
const answered: EndedLeg = { ...secure, leg: 'plain' };

test('a clean end is a close, everything else a reset', () => {
  for (const kind of ['finished', 'close-timeout'] as const) assert.equal(howToEnd(plain, { kind }, { reset: true }), 'close');
  for (const kind of ['client-reset', 'idle', 'shutdown'] as const) {
    assert.equal(howToEnd({ ...secure, stage: 'relay' }, { kind }, { reset: true }), 'reset');
    assert.equal(howToEnd({ ...secure, stage: 'relay' }, { kind }, { reset: false }), 'close');
  }
});

for (const [what, leg, reason, how] of [
  ['a handshake that failed', secure, REFUSED, 'close'],
  ['its plain peer', plain, REFUSED, 'reset'],
  ['its peer that is not there yet', none, REFUSED, 'reset'],
  ['a handshake that was waited for', secure, SILENT, 'reset'],
  ['a peer that speaks no TLS', secure, CLEAR, 'reset'],
  ['an upstream that cannot be dialled, behind the handshake', { ...secure, stage: 'dial' }, failed(TOLD), 'reset'],
  ['an upstream without an address', { ...secure, stage: 'name' }, failed(TOLD), 'reset'],
  ['an upstream a protocol has dialled and answers for', { ...secure, stage: 'dial', negotiated: true }, failed(TOLD), 'close'],
  ['a negotiation inside TLS', { ...secure, stage: 'negotiation', negotiated: true }, failed(TOLD), 'close'],
  ['a TLS client that is answered before TLS', { ...answered, stage: 'name' }, failed(TOLD), 'close'],
] as const)
  test(`${what}: ${how}`, () => assert.equal(howToEnd(leg, reason, { reset: true }), how));
