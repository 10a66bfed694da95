/** `overcoat demo --keep`: the page is there, a stream flows, each button breaks it with its line in the log, and nothing is left. */
// Tests: src/demo/kept.ts, src/demo/window.ts, src/demo/endless-stream.ts
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { BIN } from '../support/overcoat/checkout.ts';
import { ask, askJson } from '../support/overcoat/status.ts';
import { Program } from '../support/program.ts';
import { tempFolder } from '../support/temp.ts';

interface About {
  readonly changes: boolean;
  readonly faults: readonly { readonly name: string; readonly on: boolean; readonly line: string }[];
}

test('a kept demonstration is looked at, broken, mended and ended', async (t) => {
  const folder = tempFolder(t);
  const demo = new Program([join(BIN, 'overcoat'), 'demo', '--keep'], { env: { ...process.env, TMPDIR: folder } });
  t.after(() => void demo.kill('SIGKILL'));
  const port = Number((await demo.saw(/http:\/\/127\.0\.0\.1:(\d+)\//))[1]);
  assert.match((await ask(port, '/')).body, /<title>Overcoat<\/title>/);
  assert.equal((await ask(port, '/', { headers: { host: 'evil.test' } })).code, 421);
  assert.equal((await ask(port, 'http://evil.test/')).code, 421);
  assert.equal((await ask(port, '/page/faults/cut', { method: 'POST', headers: { origin: 'http://evil.test' } })).code, 403);

  const fault = async (name: string) => {
    const { faults } = await askJson<About>(port, '/page/about');
    return faults.find((each) => each.name === name) ?? assert.fail(name);
  };
  const flows = () =>
    eventually(
      'the stream flows',
      async () => {
        const { services } = await askJson<{ services: readonly { name: string; bytesPerSecond: number }[] }>(port, '/api/v1/services');
        return services.some(({ name, bytesPerSecond }) => name === 'client' && bytesPerSecond > 100_000);
      },
      { every: 300 },
    );
  const lineOf = (name: string, pattern: RegExp) => eventually(name, async () => pattern.test((await fault(name)).line), { every: 200 });
  const turn = (name: string) => askJson(port, `/page/faults/${name}`, { method: 'POST' });

  await flows();
  await turn('cut');
  await lineOf('cut', /reset|cut/i);
  await flows();
  for (const [name, pattern] of [
    ['certificate', /Connection failed: .* handshake_verification: .*issued by "CN=Somebody else", which is not trusted/],
    ['server', /Connection failed: .* upstream_\w+: .*refused/i],
  ] as const) {
    await turn(name);
    await lineOf(name, pattern);
    assert.equal((await fault(name)).on, true);
    await turn(name);
    assert.equal((await fault(name)).on, false);
    await flows();
  }
  const level = { method: 'PUT', body: '{"level":4}' };
  assert.equal((await ask(port, '/api/v1/log-level', level)).code, 200, 'an order is led on with its body');
  assert.equal((await ask(port, '/page/faults/nothing', { method: 'POST' })).code, 404);

  demo.kill('SIGINT');
  assert.equal((await demo.finished).code, 0);
  assert.deepEqual(readdirSync(folder), []);
});
