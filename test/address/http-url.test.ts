import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isHttpUrl } from '../../src/address/http-url.ts';

test('knows an http URL from everything else', () => {
  for (const url of ['http://a', 'HTTP://a:8080/x?y']) assert.equal(isHttpUrl(url), true, url);
  for (const text of ['', 'a', 'a:80', 'https://a/', 'ldap://a/', 'http://', 'http://a:port/']) assert.equal(isHttpUrl(text), false, text);
});
