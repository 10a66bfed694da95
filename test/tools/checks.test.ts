/**
 * The project's own checks, on a small checkout made for the purpose: clean sources pass, and each rule catches the file that breaks
 * it. A check that never finds anything would be worse than none.
 */
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { ROOT } from '../support/overcoat/checkout.ts';
import { runProgram } from '../support/program.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

/** Runs a check of tools/ on `files` and a few harmless ones. @returns its findings, one a line; none when it passes */
async function findings(t: TestContext, check: string, files: Readonly<Record<string, string>>): Promise<string[]> {
  const folder = tempFolder(t);
  writeFiles(folder, {
    'src/errors.ts': 'export const none = 0;\n',
    'src/connection/handle.ts':
      "import { none } from '../errors.ts';\nimport { relay } from './relay/relay.ts';\nexport { none, relay };\n",
    'src/connection/relay/relay.ts': 'export const relay = 1;\n',
    'src/linux/libc/call.ts': "import koffi from 'koffi';\nexport { koffi };\n",
    'test/a.test.ts': '// Tests: src/errors.ts, src/connection/, src/linux/libc/call.ts\nexport {};\n',
    'bench/a.ts': 'export {};\n',
    'package.json': manifest('1.0.0'),
    'docs/dependencies.md': '| `koffi` | calls C |\n',
    'docs/architecture.md': 'src/connection/ src/connection/relay/ src/linux/ src/linux/libc/ bench/a.ts\n',
    ...files,
  });
  const builder = join(ROOT, 'tools/package'); // it imports a package that this manifest does not name
  cpSync(join(ROOT, 'tools'), join(folder, 'tools'), { recursive: true, filter: (path) => path !== builder });
  const { code, stderr } = await runProgram([process.execPath, join(folder, 'tools', check)], { cwd: folder });
  const lines = stderr.split('\n').filter((line) => line !== '');
  assert.equal(code, lines.length === 0 ? 0 : 1, stderr);
  return lines;
}

function manifest(version: string): string {
  return JSON.stringify({ type: 'module', dependencies: { koffi: version }, optionalDependencies: {}, devDependencies: {} });
}

/** Spelled in parts: this file is looked at by the check as well. */
const FOREIGN = `${['', 'home', 'somebody', 'overcoat'].join('/')}/x`;

const BROKEN: Readonly<Record<string, readonly (readonly [files: Readonly<Record<string, string>>, finding: RegExp])[]>> = {
  'check-imports.ts': [
    [{ 'src/tls/a.ts': "import { x } from '../connection/record.ts';" }, /^src\/tls\/a\.ts:1: tls\/ may not import connection\/record\.ts/],
    [{ 'src/tls/a.ts': "\nimport type {\n  X,\n} from '../daemon/b.ts';" }, /^src\/tls\/a\.ts:4: tls\/ may not import daemon/],
    [{ 'src/tls/a.ts': "const x = await import('../daemon/b.ts');" }, /^src\/tls\/a\.ts:1: /],
    [
      { 'src/connection/dial/destination.ts': "import { relay } from '../relay/relay.ts';" },
      /relay\.ts is a step: only handle\.ts may import it/,
    ],
    [{ 'src/connection/life/life.ts': "import { x } from '../handle.ts';" }, /only listener\.ts may import handle\.ts/],
    [{ 'src/daemon/a.ts': "import koffi from 'koffi';" }, /imports koffi, which only src\/native\/binding\.ts may/],
    [{ 'src/daemon/a.ts': "import tls from 'node:tls';" }, /imports node:tls, which only test\/ may/],
    [{ 'src/daemon/a.ts': "import x from 'left-pad';" }, /imports left-pad, which is not in package\.json/],
    [{ 'bench/a.ts': "import x from 'left-pad';" }, /^bench\/a\.ts:1: imports left-pad/],
    [{ 'src/daemon/a.ts': "import x from 'net';" }, /write 'node:net'/],
    [{ 'src/daemon/a.ts': "import x from '../../test/a.test.ts';" }, /src\/ stands alone/],
    [{ 'src/novelty/a.ts': "import { x } from '../tls/b.ts';" }, /the room of src\/novelty\/a\.ts has no place/],
    [{ 'src/errors.ts': "import { x } from './tls/b.ts';" }, /is for everyone and uses no room/],
    [{ 'docs/dependencies.md': '' }, /^package\.json: koffi has no line in docs\/dependencies\.md/],
    [{ 'package.json': manifest('^1.0.0') }, /exact version/],
  ],
  'check-architecture.ts': [
    [{ 'src/tls/a.ts': 'export const a = 1;', 'test/tls/a.test.ts': '' }, /^docs\/architecture\.md: does not name src\/tls\/$/],
    [{ 'CONTRIBUTING.md': '\nSee `test/support/none.ts`.' }, /^CONTRIBUTING\.md:2: there is no test\/support\/none\.ts$/],
    [{ 'docs/decisions/a.md': 'See src/none/.' }, /^docs\/decisions\/a\.md:1: there is no src\/none\/$/],
    [{ 'src/linux/libc/call.ts': '/** See x/none.ts and call.ts. */' }, /^src\/linux\/libc\/call\.ts:1: there is no x\/none\.ts$/],
    [{ 'src/linux/a.ts': '\nsocket.destroy();', 'test/linux/a.test.ts': '' }, /^src\/linux\/a\.ts:2: \.destroy\( ends something here/],
    [{ 'src/linux/a.ts': "leg.end('reset');", 'test/linux/a.test.ts': '' }, /^src\/linux\/a\.ts:1: \.end\('reset' ends something here/],
    [{ 'src/linux/a.ts': 'export const a = 1;' }, /^src\/linux\/a\.ts: has no test: write test\/linux\/a\.test\.ts, or/],
    [{ 'test/b.test.ts': '// Tests: src/linux/none.ts' }, /^test\/b\.test\.ts:1: tests src\/linux\/none\.ts, which does not exist$/],
  ],
  'check-bans.ts': [
    [{ 'src/daemon/a.ts': 'process.exit(1);' }, /^src\/daemon\/a\.ts:1: process\.exit\( is banned here/],
    [{ 'src/daemon/a.ts': 'spawn(process.execPath);' }, /process\.execPath is banned here: src\/self\.ts alone/],
    [{ 'src/daemon/a.ts': "new URL('./b.ts', import.meta.url);" }, /import\.meta is banned here/],
    [{ 'src/daemon/a.ts': '\na.pipe(b);' }, /^src\/daemon\/a\.ts:2: \.pipe\( is banned here/],
    [{ 'src/daemon/a.ts': 'socket._handle.fd;' }, /internals of Node/],
    [{ 'src/daemon/a.ts': "socket['_handle'].fd;" }, /internals of Node/],
    [{ 'src/daemon/a.ts': 'connect({ rejectUnauthorized: false });' }, /our own verdict/],
    [{ 'test/a.test.ts': "import { setTimeout } from 'node:timers/promises';" }, /use eventually/],
    [{ 'test/a.test.ts': "import { before, it } from 'node:test';" }, /one dialect/],
    [{ 'test/a.test.ts': 'test.only(x);' }, /leaves all other tests out/],
    [{ 'src/daemon/a.ts': 'export enum A { b }' }, /only syntax that can be erased/],
    [{ 'README.md': `see ${FOREIGN}` }, /^README\.md:1: .* is a path of somebody's machine/],
  ],
};

for (const [check, cases] of Object.entries(BROKEN)) {
  suite(check, () => {
    test('has nothing against clean sources', async (t) => assert.deepEqual(await findings(t, check, {}), []));
    for (const [files, expected] of cases) {
      test(`finds ${Object.values(files)[0]?.trim() || 'a missing line'}`, async (t) => {
        const lines = await findings(t, check, files);
        assert.equal(lines.length, 1, lines.join('\n'));
        assert.match(lines[0] ?? '', expected);
      });
    }
  });
}
