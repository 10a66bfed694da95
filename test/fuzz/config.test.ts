/** Damaged configuration files: every one is read to its end, nothing is thrown, and each mistake names a line. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { OPTION_LIST } from '../../src/config/option-table.ts';
import { parseConfig } from '../../src/config/read/parse.ts';
import { formatProblems } from '../../src/config/read/report-text.ts';
import { resolveConfig } from '../../src/config/resolve/resolve-config.ts';
import { FUZZ_INPUTS, fuzz, mutate } from '../support/fuzz.ts';

const FOLDER = join(import.meta.dirname, '../config/fixtures');
/** Names with these ends would be looked up by the tools of the system, one process each. */
const SLOW = /set[ug]id/i;
/** Each of the files, and every option once with a value that may make sense. */
const OPTIONS = OPTION_LIST.filter(({ name }) => !SLOW.test(name));
const SEEDS = [
  ...['valid', 'invalid'].flatMap((folder) => readdirSync(join(FOLDER, folder)).map((name) => readFileSync(join(FOLDER, folder, name)))),
  Buffer.from(OPTIONS.map(({ name, default: value }) => `${name} = ${value}`).join('\n')),
  Buffer.from(`[s]\n${OPTIONS.map(({ name, value }) => `${name} = ${value}`).join('\n')}`),
].filter((seed) => !SLOW.test(seed.toString('latin1')));

test('fuzzing configuration files', () => {
  fuzz(
    800,
    FUZZ_INPUTS,
    (random) => mutate(random, SEEDS),
    (bytes) => {
      if (SLOW.test(Buffer.from(bytes).toString('latin1'))) return;
      const parsed = parseConfig({ file: 'f', text: Buffer.from(bytes).toString('utf8') }, () => ({ error: 'none' }));
      const { config, problems } = resolveConfig(parsed, { strict: false, drainMs: 0, control: undefined, source: '/f', file: 'f' });
      assert.ok(config.services.length > 0);
      for (const { line, text, stunnelText } of problems) assert.ok(line >= 0 && text !== '' && stunnelText !== '');
      for (const line of formatProblems(problems)) assert.ok(!line.includes('\n') && line.length <= 1027);
    },
  );
});
