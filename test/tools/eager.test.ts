/** What of a bundle is compiled with its file; that the bundle still runs is shown by package.test.ts. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { compiledWithFile, runAtStart } from '../../tools/package/eager.ts';

const module = (name: string, body = ''): string => `var init_x = __esm({\n  "${name}"() {\n    "use strict";\n${body}  }\n});`;

suite('modules compiled with the file', () => {
  test('are those of the list, and nothing else is touched', () => {
    const inner = '    call(function() {\n  }\n    );\n';
    const text = [module('src/a.ts', inner), module('src/b.ts'), 'x({\n  "src/a.ts"() {\n  }\n});'].join('\n');
    const eager = module('src/a.ts', inner)
      .replace('"src/a.ts"() {', '"src/a.ts": (() => {')
      .replace(/ {2}\}\n\}\);$/, '  })\n});');
    assert.notEqual(eager, module('src/a.ts', inner));
    assert.equal(
      compiledWithFile(text, new Set(['src/a.ts'])),
      text.replace(module('src/a.ts', inner), () => eager),
    );
    assert.equal(compiledWithFile(text, new Set()), text);
  });

  test('are what an entry imports, not what it may load later; a list that is out of date is an error', () => {
    const imported = (kind: 'import-statement' | 'dynamic-import', path: string) => ({ kind, path });
    const input = (...imports: ReturnType<typeof imported>[]) => ({ bytes: 1, imports });
    const inputs = {
      'src/daemon/workers/worker.ts': input(imported('dynamic-import', 'src/late.ts')),
      'src/daemon/workers/run-worker.ts': input(
        imported('import-statement', 'src/a.ts'),
        imported('import-statement', 'node_modules/x.js'),
      ),
      'src/a.ts': input(imported('import-statement', 'src/daemon/workers/run-worker.ts')),
      'src/late.ts': input(),
    };
    const found = ['src/a.ts', 'src/daemon/workers/run-worker.ts', 'src/daemon/workers/worker.ts'];
    assert.deepEqual([...runAtStart('worker', inputs)].sort(), found);
    assert.deepEqual([...runAtStart('test-peer', inputs)], []);
    assert.throws(() => runAtStart('main', inputs), /src\/cli\/main\.ts is not in the bundle/);
  });
});
