/** The life of a connection: one end with one reason, waits that always end, and the right way to end each leg. */
// Tests: src/connection/life/close-reason.ts, src/errors.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceConfig } from '../../../src/config/config.ts';
import { FILE_SERVICE } from '../../../src/config/defaults.ts';
import { Life } from '../../../src/connection/life/life.ts';
import { OvercoatError } from '../../../src/errors.ts';
import type { OvercoatEvent } from '../../../src/observe/events.ts';
import { legAndPeer } from '../../support/net/legs.ts';

function openLife(limits: { setupMs?: number } = {}, reset = true): { life: Life; events: OvercoatEvent[] } {
  const events: OvercoatEvent[] = [];
  const config: ServiceConfig = { ...FILE_SERVICE, reset, limits: { ...FILE_SERVICE.limits, setupMs: limits.setupMs } };
  return { life: new Life({ connection: 0, id: '0' }, config, (event) => events.push(event)), events };
}

const never = { on: 'upstream', limitMs: undefined, expired: () => new Error('expired') } as const;

test('the first reason counts and is announced once', () => {
  const { life, events } = openLife();
  let heard = 0;
  life.onEnd(() => {
    heard += 1;
  });
  life.end({ kind: 'idle' });
  life.end({ kind: 'finished' });
  assert.deepEqual(life.close(new Error('late')), { kind: 'idle' });
  assert.equal(events.filter((event) => event.kind === 'closed').length, 1);
  assert.equal(heard, 1);
});

test('a wait ends with its own limit', async () => {
  const { life } = openLife();
  const wait = { ...never, limitMs: 1, expired: () => new OvercoatError('handshake_timeout', 'over') };
  await assert.rejects(
    life.wait(wait, () => () => undefined),
    { code: 'handshake_timeout' },
  );
});

test('TIMEOUTsetup bounds a wait for the client, not one for the upstream', async () => {
  const { life, events } = openLife({ setupMs: 1 });
  await assert.rejects(
    life.wait({ ...never, on: 'client' }, () => () => undefined),
    { code: 'setup_timeout' },
  );
  assert.ok(events.some((event) => event.kind === 'limit-exceeded' && event.limit === 'TIMEOUTsetup'));
  const value = await life.wait<string>(never, (done) => {
    setImmediate(() => done('answered'));
    return () => undefined;
  });
  assert.equal(value, 'answered');
});

test('the end of the connection ends the wait, and later waits at once', async () => {
  const { life } = openLife();
  let stopped = 0;
  const waiting = life.wait(never, () => () => {
    stopped += 1;
  });
  life.end({ kind: 'shutdown' });
  await assert.rejects(waiting);
  assert.equal(stopped, 1);
  await assert.rejects(life.wait(never, () => () => undefined));
});

test('a failing socket is news for the step that waits on it and the end for all others', async () => {
  const { life } = openLife();
  const waiting = life.wait(never, () => () => undefined);
  life.fail('upstream', new Error('refused'));
  await assert.rejects(waiting, /refused/);
  assert.equal(life.ended, false);
  const next = life.wait(never, () => () => undefined);
  life.fail('client', new Error('reset'));
  await assert.rejects(next);
  assert.deepEqual(life.close({ kind: 'finished' }), { kind: 'client-reset' });
});

test('a failure resets the plain leg, a clean end does not', async (t) => {
  for (const [reason, expected] of [
    [{ kind: 'idle' }, 'ECONNRESET'],
    [{ kind: 'finished' }, 'end'],
  ] as const) {
    const { life } = openLife();
    const { ours, far } = await legAndPeer(t);
    life.own('client', ours);
    const seen = new Promise<string>((resolve) => {
      far.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
      far.on('end', () => resolve('end'));
      far.resume();
    });
    life.end(reason);
    assert.equal(await seen, expected);
    far.destroy();
  }
});

test('a socket that comes after the end is ended too', async (t) => {
  const { life } = openLife();
  life.end({ kind: 'finished' });
  const { ours, far } = await legAndPeer(t);
  far.resume();
  life.own('upstream', ours);
  assert.ok(ours.gone);
  far.destroy();
});
