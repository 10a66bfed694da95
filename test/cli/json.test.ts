/** Whatever lists something does so for programs, too: `--json`, and nothing else on standard output. */
// Tests: src/cli/commands/options.ts, src/cli/commands/rtmps.ts, src/cli/commands/pin-list.ts, src/cli/tables/
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { OPTION_LIST } from '../../src/config/option-table.ts';
import { runOvercoat } from '../support/overcoat/daemon.ts';
import { tempFolder } from '../support/temp.ts';

suite('--json', { concurrency: true }, () => {
  const parsed = async (...words: readonly string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await runOvercoat([...words, '--json']);
    assert.deepEqual([code, stderr], [0, '']);
    return JSON.parse(stdout);
  };

  test('options: all of them, and one', async () => {
    const all = (await parsed('options')) as readonly { readonly name: string }[];
    assert.deepEqual(
      all.map(({ name }) => name),
      OPTION_LIST.map(({ name }) => name),
    );
    const one = (await parsed('options', 'records')) as Readonly<Record<string, unknown>>;
    assert.deepEqual([one['name'], one['default'], one['from']], ['records', 'none', 'overcoat']);
  });

  test('rtmps --list', async () => {
    const services = (await parsed('rtmps', '--list')) as readonly Readonly<Record<string, unknown>>[];
    const youtube = services.find(({ service }) => service === 'youtube');
    assert.match(String(youtube?.['url']), /^rtmps:/);
    assert.ok(services.every(({ state, source }) => typeof state === 'string' && typeof source === 'string'));
  });

  test('pin --list, also where nothing is pinned', async (t) => {
    assert.deepEqual(await parsed('pin', '--list', '--store', join(tempFolder(t), 'pins')), []);
  });

  test('has no meaning where nothing is listed, and that is said', async () => {
    for (const words of [
      ['rtmps', 'youtube'],
      ['pin', 'a.test:443'],
    ]) {
      const { code, stderr } = await runOvercoat([...words, '--json']);
      assert.equal(code, 2);
      assert.match(stderr, /--json goes with --list/);
    }
  });
});
