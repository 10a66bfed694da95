/** Errors of real failed handshakes become stunnel's words and a code of ours. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TlsOptions } from 'node:tls';
import type { TlsConfig } from '../../../src/config/tls-config.ts';
import { OpensslError } from '../../../src/openssl/library/errors.ts';
import { prepareServiceTls } from '../../../src/tls/service-tls.ts';
import type { TlsFailure } from '../../../src/tls/verdict/failure.ts';
import { alertBehind, describeTlsFailure } from '../../../src/tls/verdict/failure.ts';
import { listen } from '../../support/net/tcp.ts';
import { judgeServer, judgeServerAt } from '../../support/overcoat/handshake.ts';
import { serviceConfig } from '../../support/overcoat/service-config.ts';
import type { Ending } from '../../support/temp.ts';

const client = (tls: Partial<TlsConfig> = {}) => prepareServiceTls(serviceConfig({ tls }), () => undefined);

function failureOf(t: Ending, ours: Partial<TlsConfig>, peer: TlsOptions): Promise<unknown> {
  return judgeServer(t, client(ours), peer).catch((cause: unknown) => cause);
}

async function failing(t: Ending, ours: Partial<TlsConfig>, peer: TlsOptions): Promise<TlsFailure> {
  return describeTlsFailure(await failureOf(t, ours, peer));
}

async function failingAt(t: Ending, port: number): Promise<TlsFailure> {
  const failure: unknown = await judgeServerAt(t, client(), port, 'localhost').catch((cause: unknown) => cause);
  return describeTlsFailure(failure);
}

test('no common version', async (t) => {
  const error = await failureOf(t, { minVersion: 'TLSv1.3' }, { maxVersion: 'TLSv1.2' });
  assert.deepEqual(alertBehind(error as Error), { number: 70, name: 'protocol_version' });
  const failure = describeTlsFailure(error);
  assert.equal(failure.code, 'handshake_failed');
  assert.match(failure.text, /^error:0A[0-9A-F]{6}:SSL routines::(ssl\/tls|tlsv1) alert protocol version$/);
});

test('no common cipher', async (t) => {
  const failure = await failing(
    t,
    { ciphersuites: 'TLS_AES_128_GCM_SHA256', minVersion: 'TLSv1.3' },
    { ciphers: 'TLS_AES_256_GCM_SHA384', minVersion: 'TLSv1.3' },
  );
  assert.match(failure.text, /^error:0A[0-9A-F]{6}:SSL routines::ssl\/tls alert handshake failure$/);
});

test('a peer that speaks no TLS', async (t) => {
  const { port } = await listen(t, (socket) => socket.end('220 mail.test ESMTP\r\n'));
  assert.deepEqual(await failingAt(t, port), {
    code: 'handshake_failed',
    text: 'error:0A00010B:SSL routines::wrong version number',
    queue: [],
  });
});

test('a peer that hangs up or resets', async (t) => {
  for (const end of ['end', 'resetAndDestroy'] as const) {
    const { port } = await listen(t, (raw) => raw.once('data', () => raw[end]()));
    assert.deepEqual(await failingAt(t, port), { code: 'handshake_failed', text: 'Peer suddenly disconnected', queue: [] }, end);
  }
});

test('the whole queue is told, the first error first, and what was added to each', () => {
  const error = (reason: string, data = '') => ({ code: 1, text: `error:0A000086:SSL routines::${reason}`, reason, data });
  const several = new OpensslError([error('certificate verify failed', 'SSL alert number 48'), error('internal error', 'a name')], '');
  assert.deepEqual(describeTlsFailure(several), {
    code: 'handshake_verification',
    text: 'error:0A000086:SSL routines::certificate verify failed',
    queue: ['error:0A000086:SSL routines::internal error (a name)'],
  });
  assert.equal(describeTlsFailure(new OpensslError([], 'TLS failed')).text, 'TLS failed');
});

test('what is no error of OpenSSL stays readable', () => {
  assert.deepEqual(describeTlsFailure(new Error('strange')), { code: 'handshake_failed', text: 'strange', queue: [] });
  assert.deepEqual(describeTlsFailure('text'), { code: 'handshake_failed', text: 'text', queue: [] });
});

test('an alert is told from everything else', () => {
  const behind = (code: number): unknown => alertBehind(new OpensslError([{ code, text: '', reason: '', data: '' }], ''));
  assert.deepEqual(behind(0x0a000410), { number: 40, name: 'handshake_failure' });
  assert.deepEqual(behind(0x0a0004e7), { number: 255, name: 'unknown' });
  assert.equal(behind(0x0a0004e8), undefined, 'beyond the last');
  assert.equal(behind(0x0a000086), undefined, 'certificate verify failed');
  assert.equal(behind(0x06000410), undefined, 'of another library');
  assert.equal(alertBehind(new OpensslError([], '')), undefined);
  assert.equal(alertBehind(new Error('read ECONNRESET')), undefined);
});
