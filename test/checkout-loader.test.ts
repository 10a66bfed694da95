import assert from 'node:assert/strict';
import { cpSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { ROOT } from './support/overcoat/checkout.ts';
import { outputOf } from './support/program.ts';
import { tempFolder, writeFiles } from './support/temp.ts';

/** The runtime asks the disk whether a file is a link and calls the module by what it finds; without a question it has the link's name. */
const TELL = 'export const whereIAm: string = import.meta.url;\n';

suite('the loader of a checkout', () => {
  test('asks the disk for nothing but the text of a module, in a folder that a URL would spell otherwise', async (t) => {
    const folder = join(tempFolder(t), 'a b%é#?');
    const { 'src/main.ts': main } = writeFiles(folder, {
      'package.json': '{ "type": "module" }',
      'elsewhere/tell.ts': TELL,
      'src/main.ts': "import { whereIAm } from './told.ts';\nconsole.log(decodeURIComponent(whereIAm));\n",
    });
    symlinkSync(join(folder, 'elsewhere/tell.ts'), join(folder, 'src/told.ts'));
    cpSync(join(ROOT, 'src/checkout-loader.ts'), join(folder, 'src/checkout-loader.ts'));
    const loader = `--require=${join(folder, 'src/checkout-loader.ts')}`;
    assert.match(await outputOf([process.execPath, main]), /elsewhere\/tell\.ts\n$/);
    assert.match(await outputOf([process.execPath, loader, main]), /src\/told\.ts\n$/);
  });
});
