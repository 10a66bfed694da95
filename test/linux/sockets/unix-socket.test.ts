import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { bindCause, giveSocketFile } from '../../../src/linux/sockets/unix-socket.ts';
import { requires } from '../../support/requirements.ts';
import { tempFolder } from '../../support/temp.ts';

suite('the file of a socket', () => {
  test('is given away, and nothing that stands in its place', { skip: requires({ root: true }) }, async (t) => {
    const folder = tempFolder(t);
    const [socket, file, link] = [join(folder, 's'), join(folder, 'f'), join(folder, 'l')];
    const server = createServer();
    t.after(() => void server.close());
    await new Promise<void>((resolve) => {
      server.listen(socket, resolve);
    });
    giveSocketFile(socket, 65_534, undefined);
    assert.deepEqual([lstatSync(socket).uid, lstatSync(socket).gid], [65_534, 0]);
    giveSocketFile(socket, undefined, 65_534);
    assert.deepEqual([lstatSync(socket).uid, lstatSync(socket).gid], [65_534, 65_534]);
    writeFileSync(file, '');
    symlinkSync(socket, link);
    for (const path of [file, link]) {
      assert.throws(() => giveSocketFile(path, 1, 1), /somebody has put something else in its place/);
      assert.notEqual(statSync(path).uid, 1);
    }
    assert.throws(() => giveSocketFile(join(folder, 'none'), 1, 1), { code: 'ENOENT' });
  });

  test('that cannot be bound has the reason that helps', (t) => {
    const folder = tempFolder(t);
    mkdirSync(join(folder, 'd'));
    writeFileSync(join(folder, 'f'), '');
    const busy = Object.assign(new Error('busy'), { code: 'EADDRINUSE' });
    assert.equal((bindCause(join(folder, 'd'), busy) as NodeJS.ErrnoException).code, 'EISDIR');
    for (const name of ['f', 'none']) assert.equal(bindCause(join(folder, name), busy), busy);
    const other = Object.assign(new Error('other'), { code: 'EACCES', syscall: 'listen' });
    assert.equal(bindCause(join(folder, 'd'), other), other);
    assert.equal((bindCause(join(folder, 'none/socket'), other) as NodeJS.ErrnoException).code, 'ENOENT', 'not a lack of rights');
    const invalid = Object.assign(new Error('invalid'), { code: 'EINVAL', syscall: 'listen' });
    assert.equal((bindCause(join(folder, 'x'.repeat(108)), invalid) as NodeJS.ErrnoException).code, 'ENAMETOOLONG');
    assert.equal(bindCause(join(folder, 'x'), invalid), invalid);
    const making = Object.assign(new Error('making its folder'), { code: 'EACCES', syscall: 'mkdir' });
    assert.equal(bindCause(join(folder, 'none/socket'), making), making);
  });
});
