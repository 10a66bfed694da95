import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { refusalOf } from '../../../src/status/http/guard.ts';

const OPEN = { hosts: ['gw.test'], token: undefined };

function status(
  headers: Readonly<Record<string, string>>,
  access: Parameters<typeof refusalOf>[2] = OPEN,
  open = false,
  url = 'http://localhost/healthz',
): number {
  return refusalOf(url, (name) => headers[name], access, open)?.status ?? 200;
}

suite('a request over TCP', () => {
  test('is heard where its Host is ours', () => {
    for (const host of ['127.0.0.1', '127.0.0.1:9100', '[::1]:9100', 'localhost:9100', 'LOCALHOST', 'gw.test:9100', '192.0.2.1'])
      assert.equal(status({ host }), 200, host);
  });

  test('is refused where a name that anybody may own leads here', () => {
    for (const host of ['evil.test', 'evil.test:9100', 'localhost.evil.test', '127.0.0.1.evil.test', '', '[', 'gw.test.'])
      assert.equal(status({ host }), 421, host);
  });

  test('is heard where it names no host, as health checks do in HTTP/1.0, and refused where it names another one itself', () => {
    assert.equal(status({}), 200);
    const host = '127.0.0.1:9100';
    for (const url of ['/healthz', 'http://gw.test/', 'http://127.0.0.1:9100/', 'http://[::1]:9100/'])
      assert.equal(status({ host }, OPEN, false, url), 200, url);
    for (const url of ['http://evil.test/', 'http://evil.test:9100/healthz']) assert.equal(status({ host }, OPEN, false, url), 421, url);
  });

  test('is refused where the page of another site caused it', () => {
    const host = '127.0.0.1:9100';
    assert.equal(status({ host, 'sec-fetch-site': 'cross-site' }), 403);
    assert.equal(status({ host, 'sec-fetch-site': 'same-site' }), 403);
    assert.equal(status({ host, 'sec-fetch-site': 'same-origin' }), 200);
    assert.equal(status({ host, 'sec-fetch-site': 'none' }), 200);
    assert.equal(status({ host, origin: 'http://evil.test' }), 403);
    assert.equal(status({ host, origin: 'null' }), 403);
    assert.equal(status({ host, origin: 'http://127.0.0.1:9100' }), 200);
  });

  test('needs the token where there is one', () => {
    const access = { hosts: [], token: 'a-token-of-some-length' };
    const host = 'localhost';
    assert.equal(status({ host }, access), 401);
    for (const authorization of ['Bearer wrong', 'Basic a-token-of-some-length', 'Bearer ', 'a-token-of-some-length'])
      assert.equal(status({ host, authorization }, access), 401, authorization);
    assert.equal(status({ host, authorization: 'Bearer a-token-of-some-length' }, access), 200);
    assert.equal(status({ host, authorization: 'bearer a-token-of-some-length' }, access), 200);
  });

  test('for what says nothing about anybody needs no token, and all else as before', () => {
    const access = { hosts: [], token: 'a-token-of-some-length' };
    assert.equal(status({ host: 'localhost' }, access, true), 200);
    assert.equal(status({ host: 'evil.test' }, access, true), 421);
    assert.equal(status({ host: 'localhost', 'sec-fetch-site': 'cross-site' }, access, true), 403);
  });
});

test('a request over the control socket may use any name that nobody can own, and is refused to other sites', () => {
  const access = { hosts: 'without-dot', token: undefined } as const;
  for (const host of ['localhost', 'x', 'unix', '127.0.0.1:9100']) assert.equal(status({ host }, access), 200, host);
  assert.equal(status({ host: 'evil.test:9100' }, access), 421);
  assert.equal(status({ host: 'localhost:9100', origin: 'http://evil.test' }, access), 403);
  assert.equal(status({ host: 'localhost:9100', 'sec-fetch-site': 'cross-site' }, access), 403);
});
