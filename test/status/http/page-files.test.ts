/** The page's files are served as what they are, under a strict policy, to everybody whose request is heard; nothing is from elsewhere. */
// Tests: src/status/http/page-files.ts, src/status/http/page-parts.ts, src/status/http/app.ts, src/status/page/
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createApp } from '../../../src/status/http/app.ts';
import { pageFiles } from '../../../src/status/http/page-files.ts';
import { NO_DESK } from '../../../src/status/no-desk.ts';

const app = createApp({ desk: NO_DESK, access: { hosts: [], token: 'a-token-of-some-length' }, changes: false });
const get = (path: string) => app.request(path, { headers: { host: 'localhost' } });
const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  '/': 'text/html; charset=utf-8',
};

suite('the page', () => {
  test('is served without a token, each file with its type and the policy', async () => {
    const files = await pageFiles();
    assert.ok(files.size > 20, `${files.size} files`);
    for (const [path, { body }] of files) {
      const answer = await get(path);
      assert.equal(answer.status, 200, path);
      assert.equal(answer.headers.get('content-type'), TYPES[path.slice(path.lastIndexOf('.') + 1)], path);
      const policy = answer.headers.get('content-security-policy') ?? '';
      assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; /, path);
      assert.match(policy, /frame-ancestors 'none'/, path);
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', path);
      assert.equal(await answer.text(), body);
    }
    assert.equal((await get('/api/v1/status')).status, 401);
  });

  test('imports and names nothing that is not served here, and has no script or style within its markup', async () => {
    const files = await pageFiles();
    for (const [path, { body, type }] of files) {
      if (type.startsWith('text/javascript'))
        for (const [, from = ''] of body.matchAll(/(?:\bfrom|\bimport)\s*["']([^"'\n]+)["']/g))
          assert.ok(files.has(new URL(from, `http://localhost${path}`).pathname) && /^[./]/.test(from), `${path} imports ${from}`);
      if (type.startsWith('text/css')) assert.doesNotMatch(body, /url\(|@import/, path);
    }
    const markup = files.get('/')?.body ?? '';
    const named = [...markup.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, name = '']) => name);
    assert.ok(named.length >= 4);
    for (const name of named) assert.ok(files.has(name), name);
    assert.doesNotMatch(markup, /<style|style=|<script(?![^>]*src=)|\son\w+=/);
  });

  test('has no other files, however they are asked for', async () => {
    for (const path of ['/page/', '/page/..%2fpackage.json', '/page/status/page/main.ts', '/page/constructor'])
      assert.equal((await get(path)).status, 404, path);
    for (const path of ['/page/../package.json', '/page/%2e%2e/package.json', '/pages'])
      assert.equal((await get(path)).status, 401, `${path} is no address of the page`);
  });

  test('is told whether it may change anything', async () => {
    assert.deepEqual(await (await get('/page/about')).json(), { changes: false, faults: [] });
  });
});
