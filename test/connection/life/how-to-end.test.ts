import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndedLeg } from '../../../src/connection/life/how-to-end.ts';
import { howToEnd } from '../../../src/connection/life/how-to-end.ts';
import type { FailureCause } from '../../../src/failure-cause.ts';
import { TOLD } from '../../../src/failure-cause.ts';
import type { CloseReason } from '../../../src/observe/events.ts';

const failed = (because: FailureCause): CloseReason => ({ kind: 'failed', code: 'internal', message: '', because, stack: undefined });
const REFUSED = failed({ kind: 'gone', side: 'client', said: true });
const silent = (limit: 'TIMEOUTbusy' | 'TIMEOUTsetup') => failed({ kind: 'limit', limit, ms: 1, side: 'client', said: false });
const SILENT = silent('TIMEOUTbusy');
const CLEAR = failed({ kind: 'not-tls', from: 'client', protocol: '', option: '', begins: 'x' });
const secure: EndedLeg = { name: 'client', kind: 'tls', stage: 'handshake', answered: false };
const plain: EndedLeg = { ...secure, kind: 'plain' };
const none: EndedLeg = { ...secure, kind: undefined };
const upstream: EndedLeg = { ...secure, name: 'upstream' };

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
  ['a handshake that was waited for until TIMEOUTsetup', secure, silent('TIMEOUTsetup'), 'reset'],
  ['a peer that speaks no TLS', secure, CLEAR, 'reset'],
  ['an upstream whose client is silent', { ...upstream, stage: 'negotiation' }, SILENT, 'close'],
  ['an upstream whose client is silent until TIMEOUTsetup', { ...upstream, stage: 'negotiation' }, silent('TIMEOUTsetup'), 'close'],
  ['an upstream whose client speaks something else', upstream, CLEAR, 'close'],
  ['an upstream that cannot be dialled, behind the handshake', { ...secure, stage: 'dial' }, failed(TOLD), 'reset'],
  ['an upstream without an address', { ...secure, stage: 'name' }, failed(TOLD), 'reset'],
  ['an upstream that cannot be dialled, as the client was told', { ...secure, stage: 'dial', answered: true }, failed(TOLD), 'close'],
  ['an upstream without an address, as the client was told', { ...secure, stage: 'name', answered: true }, failed(TOLD), 'close'],
  ['a negotiation inside TLS', { ...secure, stage: 'negotiation' }, failed(TOLD), 'close'],
] as const)
  test(`${what}: ${how}`, () => assert.equal(howToEnd(leg, reason, { reset: true }), how));
