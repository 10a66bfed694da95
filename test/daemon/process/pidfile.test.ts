import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { removePidFile, writePidFile } from '../../../src/daemon/process/pidfile.ts';
import { tempFolder } from '../../support/temp.ts';

suite('the pid file', () => {
  test('holds the process id and can be read by everybody', (t) => {
    const path = join(tempFolder(t), 'pid');
    writePidFile(path);
    assert.equal(readFileSync(path, 'utf8'), `${process.pid}\n`);
    assert.equal(statSync(path).mode & 0o777, 0o644);
    removePidFile(path);
    assert.equal(existsSync(path), false);
  });

  test('replaces what is there, and does not follow a link', (t) => {
    const folder = tempFolder(t);
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'precious');
    symlinkSync(victim, join(folder, 'pid'));
    writePidFile(join(folder, 'pid'));
    assert.equal(readFileSync(victim, 'utf8'), 'precious');
    assert.equal(readFileSync(join(folder, 'pid'), 'utf8'), `${process.pid}\n`);
  });

  test('of another process stays', (t) => {
    const path = join(tempFolder(t), 'pid');
    writeFileSync(path, '1\n');
    removePidFile(path);
    assert.equal(readFileSync(path, 'utf8'), '1\n');
    removePidFile(join(path, 'nonexistent'));
  });

  test('that cannot be written says which and why', (t) => {
    const path = join(tempFolder(t), 'none', 'pid');
    assert.throws(() => writePidFile(path), {
      code: 'start_process',
      message: /^Cannot create pid file .*none\/pid: No such file or directory \(2\); /,
    });
  });
});
