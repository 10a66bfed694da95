/** Which changes of files bring new workers, and what becomes of a change for which none could be made. */
import assert from 'node:assert/strict';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { workerFence } from '../../../../src/daemon/fence/needs.ts';
import { FenceOfPool } from '../../../../src/daemon/workers/supervisor/fence-of-pool.ts';
import type { OvercoatEvent } from '../../../../src/observe/events.ts';
import { clientSection, optionLines } from '../../../support/overcoat/config-text.ts';
import { resolveText } from '../../../support/overcoat/resolve-text.ts';
import { tempFolder, writeFiles } from '../../../support/temp.ts';

const LOOK_MS = 5000;

/** A pool whose rules for hosts are those in a folder; /etc and /lists have more in them, /own has not. */
async function world(t: TestContext) {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const jail = tempFolder(t);
  writeFiles(jail, { 'etc/hosts.allow': 'web: /lists/one\n', 'lists/one': '10.\n', 'own/two': '10.\n' });
  for (const folder of ['etc', 'lists']) mkdirSync(join(jail, folder, 'more'));
  const { config } = resolveText(optionLines({ confine: true, chroot: jail }) + clientSection('web', { connect: 443, libwrap: true }));
  const events: OvercoatEvent[] = [];
  const state: { renewed: number; why: string | undefined } = { renewed: 0, why: undefined };
  const renew = async (): Promise<string | undefined> => {
    state.renewed += 1;
    return state.why;
  };
  const fence = new FenceOfPool(workerFence(config), { observe: (event) => events.push(event), jailed: false, renew });
  t.after(() => fence.close());
  await fence.fit(config, []);
  const looks = async (count: number): Promise<void> => {
    for (let look = 0; look < count; look += 1) {
      t.mock.timers.tick(LOOK_MS);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const replace = (name: string, text: string): void => {
    const next = join(jail, 'next');
    writeFileSync(next, text);
    renameSync(next, join(jail, name));
  };
  const texts = (): string[] => events.flatMap((event) => (event.kind === 'message' ? [event.text] : []));
  return { jail, state, fence, looks, replace, texts };
}

suite('the fence of a pool', () => {
  test('is followed by new workers where a file was put in place of another, once', async (t) => {
    const { state, looks, replace, texts } = await world(t);
    await looks(2);
    assert.equal(state.renewed, 0);
    replace('lists/one', '10.1.\n');
    await looks(3);
    assert.equal(state.renewed, 1);
    assert.match(texts().join(), /another one now: new workers take the places/);
  });

  test('has the lists that are named later, also by a file that is written in place', async (t) => {
    const { jail, state, fence, looks, replace } = await world(t);
    writeFileSync(join(jail, 'lists/one'), '10. /lists/later\n');
    await looks(3);
    assert.ok(fence.now?.rules.readFiles.includes(join(jail, 'lists/later')));
    assert.equal(state.renewed, 1);
    replace('lists/later', '10.\n');
    await looks(3);
    assert.equal(state.renewed, 2, 'it is there now');
    writeFileSync(join(jail, 'etc/hosts.allow'), 'web: /own/two\n');
    await looks(3);
    assert.equal(state.renewed, 3);
    replace('own/two', '10.1.\n');
    await looks(3);
    assert.equal(state.renewed, 3, 'its folder is read: no worker has to know');
  });

  test('is tried again where no worker could be made, with longer and longer pauses, and told of once', async (t) => {
    const { state, looks, replace, texts } = await world(t);
    state.why = 'too many';
    replace('lists/one', '10.1.\n');
    await looks(20);
    assert.ok(state.renewed >= 2 && state.renewed <= 4, `${state.renewed} times`);
    assert.equal(texts().filter((text) => text.includes('cannot be replaced (too many)')).length, 1);
    state.why = undefined;
    const before = state.renewed;
    await looks(100);
    assert.equal(state.renewed, before + 1);
    assert.match(texts().at(-1) ?? '', /new workers take the places/);
  });
});
