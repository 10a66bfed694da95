/**
 * What a start loads before it does what it was started for. Each module costs about half a millisecond in a checkout, whatever is in
 * it, so the numbers are what a start takes, without the noise of a clock. They have a little room; more of it is a slower start.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { ROOT } from '../support/overcoat/checkout.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import type { Loaded } from '../support/overcoat/tell-modules.ts';
import { runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';

const TELL = `--import=${join(ROOT, 'test/support/overcoat/tell-modules.ts')}`;
const MAIN = join(ROOT, 'src/cli/main.ts');

function told(output: string): readonly Loaded[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('{"starts"'))
    .map((line) => JSON.parse(line) as Loaded);
}

function ours({ modules }: Loaded): readonly string[] {
  return modules.filter((url) => url.includes('/src/'));
}

function loadedAtEnd(output: string): Loaded {
  const end = told(output).find(({ starts }) => starts.length === 0);
  assert.ok(end, output);
  return end;
}

suite('before a start has done its work', () => {
  test('--version loads little, and no part of the runtime that opens sockets', async () => {
    const { stderr } = await runProgram([process.execPath, TELL, MAIN, '--version']);
    const end = loadedAtEnd(stderr);
    assert.ok(ours(end).length <= 25, `${ours(end).length} modules:\n${ours(end).join('\n')}`);
    assert.ok(!end.modules.includes('node:net') && !end.modules.includes('node:crypto'), end.modules.join('\n'));
  });

  test('a daemon loads no packages and no part that its configuration does not ask for', async (t: TestContext) => {
    const daemon = await startDaemon(t, {
      config: '[a]\naccept = 127.0.0.1:0\nconnect = 127.0.0.1:1\nclient = yes\n',
      nodeOptions: [TELL],
      sources: true,
    });
    await daemon.stop();
    const end = loadedAtEnd(daemon.program.output);
    assert.ok(ours(end).length <= 430, `${ours(end).length} modules:\n${ours(end).join('\n')}`);
    const foreign = end.modules.filter((url) => /node_modules|src\/(demo|exec|gateway)\//.test(url));
    assert.deepEqual(foreign, []);
  });

  test('exec has begun to make its namespaces, which take longest, when it loads what serves connections', {
    skip: requires({ netns: true, commands: ['unshare', 'nft', 'ip'] }),
  }, async () => {
    const { stderr, code } = await runProgram([process.execPath, TELL, MAIN, 'exec', '--', 'true']);
    assert.equal(code, 0, stderr);
    const helper = told(stderr).find(({ starts }) => starts.some((word) => word.includes('helper')));
    assert.ok(helper, stderr);
    assert.ok(ours(helper).length <= 58, `${ours(helper).length} modules:\n${ours(helper).join('\n')}`);
  });
});
