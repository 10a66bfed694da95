// Tests: src/daemon/fence/fence.ts
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { landlockVersion } from '../../../src/linux/libc/rights.ts';
import { tempFolder } from '../../support/temp.ts';

const FENCE = join(import.meta.dirname, '../../../src/daemon/fence/fence.ts');

suite('the fence before an image', { skip: landlockVersion() < 1 && 'needs Landlock' }, () => {
  for (const version of [1, 2, 3]) {
    test(`fences files also where Landlock knows no TCP ports (ABI ${version})`, (t) => {
      const folder = tempFolder(t);
      for (const name of ['named', 'other']) writeFileSync(join(folder, name), name);
      const rules = { read: [join(folder, 'named')], write: ['/dev/null'], execute: 'any', connect: [], bind: [], abstractSockets: false };
      const program = `
        import { readFileSync, writeSync } from 'node:fs';
        import { beforeImage } from ${JSON.stringify(FENCE)};
        const said = (path) => { try { return readFileSync(path, 'utf8'); } catch ({ code }) { return code; } };
        beforeImage({ rules: ${JSON.stringify(rules)} }, ${version});
        writeSync(1, ['named', 'other'].map((name) => said(${JSON.stringify(`${folder}/`)} + name)).join());
      `;
      // Its event loop aborts without the io_uring that it has begun with, so how it ends tells nothing.
      const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
      assert.equal(stdout, 'named,EACCES');
    });
  }
});
