// Tests: tools/docs/man-pages.ts, tools/docs/roff.ts
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { flagText } from '../../src/cli/args/flag-row.ts';
import { loadCommands } from '../../src/cli/args/registry.ts';
import { OPTION_LIST } from '../../src/config/option-table.ts';
import { MAN_PAGES } from '../../tools/docs/man-pages.ts';
import { filled, literal } from '../../tools/docs/roff.ts';
import { ROOT } from '../support/overcoat/checkout.ts';
import { outputOf, runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

suite('the manual', { skip: requires({ packages: ['mandoc'] }) }, () => {
  test('has the five pages', () => {
    const names = ['overcoat-exec.1', 'overcoat-gateway.8', 'overcoat-stunnel.8', 'overcoat.1', 'overcoat.conf.5'];
    assert.deepEqual(MAN_PAGES.map(({ file }) => file).sort(), names);
  });

  for (const { file } of MAN_PAGES)
    test(`${file} has nothing that mandoc would mend`, async () => {
      assert.deepEqual(await runProgram(['mandoc', '-T', 'lint', '-W', 'style', join(ROOT, 'docs/man', file)]), {
        code: 0,
        signal: null,
        stdout: '',
        stderr: '',
      });
    });

  test('shows every flag, every action and every option as it is typed', async () => {
    const shown = await Promise.all(MAN_PAGES.map(({ file }) => rendered(join(ROOT, 'docs/man', file))));
    const lines = shown.join('\n').split('\n');
    for (const { flags, actions = [] } of await loadCommands())
      for (const term of [...flags.map(flagText), ...actions.map(({ name }) => name)])
        assert.ok(
          lines.some((line) => `${line.trim()} `.startsWith(`${term} `)),
          term,
        );
    for (const { name, value } of OPTION_LIST) {
      const term = `${name} = ${value}`;
      assert.ok(
        lines.some((line) => line.trim().startsWith(term)),
        term,
      );
    }
  });
});

test('keeps what is typed, and begins no request by accident', async (t) => {
  const text = "see '.x' and \\n; a `--flag=a^b~c`. Next-door: it's \"so\". .profile is read.";
  const { page } = writeFiles(tempFolder(t), { page: ['.TH A 1 2000-01-01', '.SH A', ...filled(text), ''].join('\n') });
  if (requires({ packages: ['mandoc'] }) === false) {
    const shown = (await rendered(page)).replace(/\s+/g, ' ');
    assert.ok(shown.includes(text.replaceAll('`', '')), shown);
  }
  assert.equal(literal("-'`^~\\"), '\\-\\(aq\\(ga\\(ha\\(ti\\e');
});

async function rendered(page: string): Promise<string> {
  return (await outputOf(['mandoc', '-T', 'ascii', '-O', 'width=500', page])).replace(/.\x08/g, '');
}
