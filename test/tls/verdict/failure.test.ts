/** Errors of real failed handshakes become stunnel's words and a code of ours. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { ConnectionOptions, TlsOptions } from 'node:tls';
import { connect } from 'node:tls';
import { alertBehind, describeTlsFailure } from '../../../src/tls/verdict/failure.ts';
import { listen } from '../../support/net/tcp.ts';
import { listenTls } from '../../support/net/tls.ts';
import type { Ending } from '../../support/temp.ts';

/** The error both ends of a failing handshake see: ours first. */
async function failing(t: Ending, ours: ConnectionOptions, peer: TlsOptions): Promise<unknown> {
  const { port } = await listenTls(t, peer);
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...ours });
  t.after(() => {
    socket.destroy();
  });
  const [error] = (await once(socket, 'error').catch((thrown: unknown) => [thrown])) as unknown[];
  return error;
}

test('no common version', async (t) => {
  const error = await failing(t, { minVersion: 'TLSv1.3' }, { maxVersion: 'TLSv1.2' });
  assert.deepEqual(alertBehind(error as Error), { number: 70, name: 'protocol_version' });
  const failure = describeTlsFailure(error);
  assert.equal(failure.code, 'handshake_failed');
  assert.match(failure.text, /^error:0A[0-9A-F]{6}:SSL routines::(ssl\/tls|tlsv1) alert protocol version$/);
});

test('no common cipher', async (t) => {
  const failure = describeTlsFailure(
    await failing(
      t,
      { ciphers: 'TLS_AES_128_GCM_SHA256', minVersion: 'TLSv1.3' },
      { ciphers: 'TLS_AES_256_GCM_SHA384', minVersion: 'TLSv1.3' },
    ),
  );
  assert.match(failure.text, /^error:0A[0-9A-F]{6}:SSL routines::ssl\/tls alert handshake failure$/);
});

test('a peer that speaks no TLS', async (t) => {
  const { port } = await listen(t, (socket) => socket.end('220 mail.test ESMTP\r\n'));
  const socket = connect({ port, host: '127.0.0.1' });
  const [error] = (await once(socket, 'error').catch((thrown: unknown) => [thrown])) as unknown[];
  assert.deepEqual(describeTlsFailure(error), { code: 'handshake_failed', text: 'error:0A00010B:SSL routines::wrong version number' });
});

test('a peer that hangs up or resets', async (t) => {
  for (const end of ['end', 'resetAndDestroy'] as const) {
    const { port } = await listen(t, (raw) => raw.once('data', () => raw[end]()));
    const socket = connect({ port, host: '127.0.0.1' });
    const [error] = (await once(socket, 'error').catch((thrown: unknown) => [thrown])) as unknown[];
    assert.deepEqual(describeTlsFailure(error), { code: 'handshake_failed', text: 'Peer suddenly disconnected' }, end);
  }
});

test('what is no error of OpenSSL stays readable', () => {
  assert.deepEqual(describeTlsFailure(new Error('strange')), { code: 'handshake_failed', text: 'strange' });
  assert.deepEqual(describeTlsFailure('text'), { code: 'handshake_failed', text: 'text' });
  assert.equal(describeTlsFailure(Object.assign(new Error('x'), { code: 'ERR_TLS_HANDSHAKE_TIMEOUT' })).code, 'handshake_timeout');
  assert.deepEqual(describeTlsFailure(new Error('error:0A000086:SSL routines:f:certificate verify failed:a.c:1:\n')), {
    code: 'handshake_verification',
    text: 'error:0A000086:SSL routines::certificate verify failed',
  });
  assert.equal(describeTlsFailure(new Error('error:0A')).text, 'error:0A');
});

test('an alert is told from everything else', () => {
  const behind = (message: string): unknown => alertBehind(new Error(message));
  assert.deepEqual(behind('1:error:0A000410:SSL routines::ssl/tls alert handshake failure:'), { number: 40, name: 'handshake_failure' });
  assert.deepEqual(behind('1:error:0A0004E7:SSL routines::reason(1255):'), { number: 255, name: 'unknown' });
  assert.equal(behind('1:error:0A0004E8:SSL routines::reason(1256):'), undefined);
  assert.equal(behind('1:error:0A000086:SSL routines::certificate verify failed:'), undefined);
  assert.equal(behind('1:error:06000410:another library::reason:'), undefined);
  assert.equal(behind('read ECONNRESET'), undefined);
  assert.equal(behind('error:'), undefined);
});
