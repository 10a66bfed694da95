// Tests: src/daemon/fence/fence.ts
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { landlockVersion } from '../../../src/linux/libc/rights.ts';
import { requires } from '../../support/requirements.ts';
import { tempFolder } from '../../support/temp.ts';

const FENCE = join(import.meta.dirname, '../../../src/daemon/fence/fence.ts');
const CALL = join(import.meta.dirname, '../../../src/linux/libc/call.ts');

suite('the fence before an image', { skip: landlockVersion() < 1 && 'needs Landlock' }, () => {
  for (const version of [1, 2, 3]) {
    test(`fences files also where Landlock knows no TCP ports (ABI ${version})`, (t) => {
      const folder = tempFolder(t);
      for (const name of ['named', 'other']) writeFileSync(join(folder, name), name);
      const rules = {
        read: [],
        readFiles: [join(folder, 'named'), '/'],
        write: ['/dev/null'],
        execute: 'any',
        connect: [],
        bind: [],
        abstractSockets: false,
      };
      const program = `
        import { readFileSync, writeSync } from 'node:fs';
        import { beforeImage } from ${JSON.stringify(FENCE)};
        const said = (path) => { try { return readFileSync(path, 'utf8'); } catch ({ code }) { return code; } };
        beforeImage({ rules: ${JSON.stringify(rules)}, capabilities: 'any' }, ${version});
        writeSync(1, ['named', 'other'].map((name) => said(${JSON.stringify(`${folder}/`)} + name)).join());
      `;
      // Its event loop aborts without the io_uring that it has begun with, so how it ends tells nothing.
      const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
      assert.equal(stdout, 'named,EACCES');
    });
  }

  test('lets no device file be made in a folder that is written, by root either', { skip: requires({ root: true }) }, (t) => {
    const folder = tempFolder(t);
    const rules = { read: [], readFiles: [], write: [folder], execute: 'any', connect: [], bind: [], abstractSockets: false };
    const program = `
      import { writeSync, writeFileSync } from 'node:fs';
      import { beforeImage } from ${JSON.stringify(FENCE)};
      import { bindCall } from ${JSON.stringify(CALL)};
      const mknod = bindCall('int mknod(const char *, uint32_t, uint64_t)');
      const make = (name, mode, device) => mknod(${JSON.stringify(`${folder}/`)} + name, mode, device);
      make('before', 0o020600, 0x103);
      beforeImage({ rules: ${JSON.stringify(rules)}, capabilities: 'any' });
      writeFileSync(${JSON.stringify(`${folder}/`)} + 'file', 'made');
      writeSync(1, [make('null', 0o020600, 0x103), make('disk', 0o060600, 0xfe00), make('pipe', 0o010600, 0)].join());
    `;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    assert.equal(stdout, '-13,-13,0');
    assert.deepEqual(readdirSync(folder).sort(), ['before', 'file', 'pipe']);
  });
});
