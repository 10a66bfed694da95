import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import type { AccessVerdict, HostFiles } from '../../../src/connection/access/host-files.ts';
import { judgeAccess } from '../../../src/connection/access/host-files.ts';
import { tempFolder } from '../../support/temp.ts';

function filesIn(t: TestContext): HostFiles {
  const folder = tempFolder(t);
  return { allow: join(folder, 'hosts.allow'), deny: join(folder, 'hosts.deny') };
}

function judge(files: HostFiles, address = '192.0.2.1'): Promise<AccessVerdict> {
  const party = { address, name: () => Promise.resolve({ kind: 'unknown' } as const) };
  return judgeAccess({ daemon: 'web', client: party, server: party }, files);
}

suite('access', () => {
  test('is given where no rule says anything, also without files', async (t) => {
    const files = filesIn(t);
    assert.deepEqual(await judge(files), { permitted: true });
    writeFileSync(files.deny, 'other: ALL\nweb: 10.\n');
    assert.deepEqual(await judge(files), { permitted: true });
  });

  test('is decided by the first rule, hosts.allow before hosts.deny', async (t) => {
    const files = filesIn(t);
    writeFileSync(files.allow, 'web: 192.0.2.1\n');
    writeFileSync(files.deny, 'ALL: ALL\n');
    assert.deepEqual(await judge(files), { permitted: true });
    assert.deepEqual(await judge(files, '192.0.2.2'), { permitted: false });
  });

  test('may be turned round by a rule’s last word', async (t) => {
    const files = filesIn(t);
    writeFileSync(files.allow, 'web: 192.0.2.1 : severity info : deny\nALL: 192.0.2.2 : ALLOW\nALL: ALL : keepalive\n');
    assert.deepEqual(await judge(files), { permitted: false });
    assert.deepEqual(await judge(files, '192.0.2.2'), { permitted: true });
    assert.deepEqual(await judge(files, '192.0.2.3'), { permitted: true });
  });

  test('follows the files as they change', async (t) => {
    const files = filesIn(t);
    writeFileSync(files.deny, 'ALL: ALL\n');
    assert.equal((await judge(files)).permitted, false);
    writeFileSync(files.deny, 'ALL: NIL\n'); // as long as before
    assert.equal((await judge(files)).permitted, true);
    writeFileSync(files.deny, 'ALL: ALL\n');
    assert.equal((await judge(files)).permitted, false);
    rmSync(files.deny);
    assert.equal((await judge(files)).permitted, true);
  });

  test('is refused, with the place, where a rule wants something done or makes no sense', async (t) => {
    const files = filesIn(t);
    for (const [text, why] of [
      ['ALL: ALL : spawn (mail root)', 'line 1: the option "spawn" is not supported, so its clients are refused'],
      ['\nALL: ALL : twist /bin/echo no', 'line 2: the option "twist" is not supported, so its clients are refused'],
      ['ALL: ALL : allow : banners /etc/banners', 'line 1: the option "banners" is not supported, so its clients are refused'],
      ['ALL: @friends', 'line 1: "@friends" is a netgroup, which is not supported'],
      ['nonsense', 'line 1: there is no ":" between daemons and clients'],
    ] as const) {
      writeFileSync(files.allow, text);
      assert.deepEqual(await judge(files), { permitted: false, problem: `${files.allow} ${why}` });
    }
    writeFileSync(files.allow, 'other: ALL : spawn (mail root)\n');
    assert.deepEqual(await judge(files), { permitted: true });
  });

  test('is decided by the words of a list that a rule names, as they are now', async (t) => {
    const files = filesIn(t);
    const list = join(tempFolder(t), 'list');
    writeFileSync(files.deny, `ALL: ${list}\n`);
    writeFileSync(list, '\n  192.0.2.1\t192.0.2.3\n');
    const judged = async (): Promise<readonly boolean[]> =>
      Promise.all(['192.0.2.1', '192.0.2.2', '192.0.2.3'].map(async (address) => (await judge(files, address)).permitted));
    assert.deepEqual(await judged(), [false, true, false]);
    writeFileSync(list, '192.0.2.2\n');
    assert.deepEqual(await judged(), [true, false, true]);
    writeFileSync(list, '');
    assert.deepEqual(await judged(), [true, true, true]);
  });

  test('is refused where a list named in a rule cannot be read', async (t) => {
    const files = filesIn(t);
    writeFileSync(files.allow, 'ALL: /nowhere/list\n');
    const { permitted, problem } = await judge(files);
    assert.equal(permitted, false);
    assert.match(problem ?? '', /hosts\.allow line 1: ENOENT/);
  });
});
