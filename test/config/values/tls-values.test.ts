import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { alpn, httpUrl, lowestVersion, ocspFlag, pin, responderUrl, tlsVersion } from '../../../src/config/values/tls-values.ts';

test('takes TLS versions in any case, and all as none', () => {
  assert.deepEqual(tlsVersion('tlsV1.2'), { ok: true, value: 'TLSv1.2' });
  assert.deepEqual(tlsVersion('all'), { ok: true, value: undefined });
});

test('refuses SSLv3 and what is no version', () => {
  for (const wrong of ['SSLv3', 'SSLv2', 'TLSv1.4', 'TLS1.2', '']) {
    const parsed = tlsVersion(wrong);
    assert.ok(!parsed.ok, wrong);
    assert.equal(parsed.stunnelText, 'Invalid protocol version');
  }
});

test('takes SSLv3 as the lowest version for none', () => {
  assert.deepEqual(lowestVersion('SSLv3'), { ok: true, value: undefined });
  assert.deepEqual(lowestVersion('TLSv1.2'), { ok: true, value: 'TLSv1.2' });
  assert.equal(lowestVersion('SSLv2').ok, false);
});

suite('pin', () => {
  const key = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';

  test('is a digest, padded or not, or a file', () => {
    assert.deepEqual(pin(`sha256:${key}`), { ok: true, value: { kind: 'sha256', digest: key } });
    assert.deepEqual(pin(`sha256:${key.slice(0, -1)}`), { ok: true, value: { kind: 'sha256', digest: key } });
    assert.deepEqual(pin(`sha256//${key}`), { ok: true, value: { kind: 'sha256', digest: key } });
    assert.deepEqual(pin('/etc/pin.pem'), { ok: true, value: { kind: 'file', path: '/etc/pin.pem' } });
  });

  test('is 32 bytes', () => {
    for (const wrong of ['', 'sha256:', 'sha256:AAEC', `sha256:${key}A`, `sha256:${key.replace('A', '-')}`, `sha256: ${key}`]) {
      assert.equal(pin(wrong).ok, false, wrong);
    }
  });
});

test('takes ALPN names of 1 to 255 bytes', () => {
  assert.deepEqual(alpn('h2, http/1.1'), { ok: true, value: ['h2', 'http/1.1'] });
  assert.equal(alpn('x'.repeat(255)).ok, true);
  for (const wrong of ['', 'h2,', 'x'.repeat(256)]) assert.equal(alpn(wrong).ok, false);
});

test('takes the OCSP flags of OpenSSL', () => {
  assert.deepEqual(ocspFlag('respid_key'), { ok: true, value: 'RESPID_KEY' });
  assert.equal(ocspFlag('FOO').ok, false);
});

test('asks responders by http only', () => {
  assert.deepEqual(httpUrl('http://ocsp.example.org:8080/x'), { ok: true, value: 'http://ocsp.example.org:8080/x' });
  for (const wrong of ['https://x/', 'foo', 'file:///x', '']) assert.equal(httpUrl(wrong).ok, false, wrong);
});

test('takes a responder without its scheme, and leaves alone what cannot be asked', () => {
  for (const [written, value] of [
    ['http://ocsp.example.org:8080/x', 'http://ocsp.example.org:8080/x'],
    ['127.0.0.1:8888', 'http://127.0.0.1:8888/'],
    ['ocsp.example.org/x', 'http://ocsp.example.org/x'],
    ['https://x/', 'https://x/'],
    ['http://', 'http://'],
    ['', ''],
  ] as const)
    assert.deepEqual(responderUrl(written), { ok: true, value }, written);
});
