/**
 * Whole files. A valid one loads without an error. An invalid one says in its first line which line and option are to blame and how the
 * message begins, and in its second how stunnel's message ends.
 */
// Tests: src/config/read/blame.ts, src/config/read/draft.ts, src/config/read/problems.ts, src/config/read/read-statements.ts
// Tests: src/config/resolve/report.ts, src/config/resolve/service.ts
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { LoadedConfig } from '../../src/config/load.ts';
import { isError, loadConfig } from '../../src/config/load.ts';
import { formatProblems } from '../../src/config/read/report-text.ts';
import { formatStunnelFailure } from '../support/overcoat/stunnel-failure.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');

function files(folder: 'valid' | 'invalid'): readonly string[] {
  const found = readdirSync(join(FIXTURES, folder)).filter((name) => name.endsWith('.conf'));
  assert.ok(found.length >= 8, `fixtures/${folder} has files`);
  return found.map((name) => join(FIXTURES, folder, name));
}

/** What is not available yet is none of the mistakes looked for here. */
function load(file: string): LoadedConfig {
  const loaded = loadConfig({ file }, { strict: false, launcher: 'overcoat' });
  return { ...loaded, problems: loaded.problems.filter((problem) => problem.code !== 'config_not_available') };
}

suite('valid files', () => {
  for (const file of files('valid')) {
    test(file.slice(FIXTURES.length + 1), () => {
      const { problems } = load(file);
      assert.deepEqual(formatProblems(problems.filter(isError)), []);
    });
  }
});

suite('invalid files', () => {
  for (const file of files('invalid')) {
    test(file.slice(FIXTURES.length + 1), () => {
      const [first = '', second = ''] = readFileSync(file, 'utf8').split('\n');
      const [, line = '', rest = ''] = /^; (\d+): (.*)$/.exec(first) ?? [];
      const [, reason = ''] = /^; stunnel(?: \(not the same\))?: (.+)$/.exec(second) ?? [];
      assert.ok(rest !== '' && reason !== '', 'the first two lines say what to expect');

      const { config, problems } = load(file);
      assert.equal(config, undefined);
      const lines = formatProblems(problems.filter(isError));
      const place = line === '0' ? file : `${file}:${line}`;
      assert.ok(lines[0]?.startsWith(`${place}: ${rest}`), lines.join('\n'));

      const shown = formatStunnelFailure(problems);
      assert.equal(shown.at(-1), '[!] Configuration failed');
      assert.ok(shown.at(-2)?.endsWith(reason), shown.join('\n'));
    });
  }
});
