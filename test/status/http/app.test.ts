/** Which requests are answered, without a server. What is answered is in test/behaviour/status.test.ts. */
// Tests: src/status/http/app.ts, src/status/http/event-stream.ts, src/status/routes.ts
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Desk, ReadQuestion } from '../../../src/status/desk.ts';
import { createApp } from '../../../src/status/http/app.ts';
import { ROUTES } from '../../../src/status/routes.ts';

/** A desk that is asked and knows nothing; `asked` has the kinds of its questions. */
function world() {
  const asked: ReadQuestion['ask'][] = [];
  const desk: Desk = {
    read: async ({ ask }) => {
      asked.push(ask);
      return { kind: 'starting' };
    },
    control: undefined,
  };
  return { app: createApp({ desk, access: { hosts: 'without-dot', token: undefined }, changes: true }), asked };
}

suite('a request', () => {
  test('with a method that is not that of the route is refused, and nothing is asked for it', async () => {
    const { app, asked } = world();
    for (const row of [...Object.values(ROUTES), { method: 'get', path: '/' }]) {
      const own = row.method === 'get' ? ['GET', 'HEAD'] : [row.method.toUpperCase()];
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'].filter((each) => !own.includes(each))) {
        const answer = await app.request(row.path, { method });
        assert.deepEqual([answer.status, answer.headers.get('allow')], [405, own.join(', ')], `${method} ${row.path}`);
      }
    }
    assert.deepEqual(asked, []);
  });

  test('of HEAD is answered as GET is, without the body', async () => {
    const { app } = world();
    for (const { method, path } of Object.values(ROUTES)) {
      if (method !== 'get') continue;
      const [whole, head] = [await app.request(path), await app.request(path, { method: 'HEAD' })];
      await whole.body?.cancel();
      assert.deepEqual([head.status, head.headers.get('content-type')], [whole.status, whole.headers.get('content-type')], path);
      assert.equal(await head.text(), '', path);
    }
  });

  test('of HEAD takes no place among those who follow the events', async () => {
    const { app } = world();
    for (let count = 0; count < 40; count += 1) assert.equal((await app.request('/api/v1/events', { method: 'HEAD' })).status, 200);
    const followed = await app.request('/api/v1/events');
    assert.equal(followed.status, 200);
    await followed.body?.cancel();
  });

  test('for a connection is for the one whose number it says in digits, and for no other', async () => {
    const { app, asked } = world();
    for (const number of ['%20', '0x0', '1e0', '-0', '+1', '1.0', '00', '%201']) {
      assert.equal((await app.request(`/api/v1/connections?limit=${number}`)).status, 400, number);
      assert.equal((await app.request(`/api/v1/connections/${number}`)).status, 404, number);
    }
    assert.deepEqual(asked, []);
    await app.request('/api/v1/connections/0');
    assert.deepEqual(asked, ['connection']);
  });

  test('for a path that is not there is answered so, whatever its method', async () => {
    const { app } = world();
    for (const method of ['GET', 'HEAD', 'POST']) assert.equal((await app.request('/nothing', { method })).status, 404, method);
  });
});
