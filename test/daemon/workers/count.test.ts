import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GlobalConfig } from '../../../src/config/config.ts';
import { FILE_GLOBAL } from '../../../src/config/defaults.ts';
import { servesApart, workerCount } from '../../../src/daemon/workers/count.ts';

test('auto is one on one or two cores, else one a core, at most eight', () => {
  const cores = [1, 2, 3, 4, 8, 9, 128];
  assert.deepEqual(
    cores.map((number) => workerCount('auto', number)),
    [1, 1, 3, 4, 8, 8, 8],
  );
});

test('a number is that number, whatever the cores', () => {
  assert.equal(workerCount(5, 1), 5);
});

test("a daemon that is somebody's service, or gives up rights, serves in processes of its own", () => {
  const foreground: GlobalConfig = { ...FILE_GLOBAL, foreground: 'yes' };
  assert.equal(servesApart(foreground, false), false);
  assert.equal(servesApart(foreground, true), true);
  assert.equal(servesApart(FILE_GLOBAL, false), true, 'in the background');
  for (const given of [{ chroot: '/srv' }, { setuid: 1 }, { setgid: 1 }])
    assert.equal(servesApart({ ...foreground, ...given }, false), true);
  assert.equal(servesApart({ ...foreground, confine: 'yes' }, false, true), true, 'a fence of a FILE is whole');
  assert.equal(servesApart({ ...foreground, confine: 'yes' }, false), false, 'a command fences itself');
  assert.equal(servesApart({ ...foreground, confine: 'strict' }, false), true);
  assert.equal(servesApart({ ...foreground, confine: 'report' }, false, true), false);
});
