/** stunnel's four lists: on standard error, in its shape, compared with the real program where that is installed. */
// Tests: src/linux/sockets/socket-defaults.ts, src/self.ts
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { OPTION_LIST } from '../../../src/config/option-table.ts';
import { opensslVersion } from '../../../src/openssl/library/version.ts';
import { BIN } from '../../support/overcoat/checkout.ts';
import { runProgram } from '../../support/program.ts';
import { requires } from '../../support/requirements.ts';

async function lines(program: string, what: string): Promise<readonly string[]> {
  const { stderr, stdout, code } = await runProgram([program, what]);
  assert.deepEqual([stdout, code], ['', 0]);
  return stderr.trimEnd().split('\n');
}

const ours = (what: string) => lines(join(BIN, 'overcoat-stunnel'), what);
/** The part of a line that names something: an option, or a row of the table with its three columns of defaults. */
const row = (line: string) => line.split('|').slice(0, 4).join('|');

suite('information', () => {
  test('says honestly what it comes from', async () => {
    const [first, second] = await ours('-version');
    assert.match(first ?? '', /^stunnel 5\.75-compatible Overcoat \d+\.\d+\.\d+ on \S+ platform$/);
    assert.equal(second, `Compiled/running with ${opensslVersion()}`);
  });

  test('lists every option of the file', async () => {
    const names = (await ours('-help')).flatMap((line) => /^(\w+) += /.exec(line)?.[1] ?? []);
    assert.deepEqual([...names].sort(), OPTION_LIST.map((option) => option.name).sort());
  });

  test('of a wrong descriptor number is the syntax, and a failure', async () => {
    const { stderr, code } = await runProgram([join(BIN, 'overcoat-stunnel'), '-fd', 'x']);
    assert.match(stderr, /^\[!\] Invalid file descriptor number\n\[\.\] {2}\n\[\.\] Syntax:\n/);
    assert.equal(code, 1);
  });
});

suite('beside the real stunnel', { skip: requires({ packages: ['stunnel4'] }) }, () => {
  test('-options names the same, and perhaps more', async () => {
    const names = new Set(await ours('-options'));
    const theirs = (await lines('stunnel4', '-options')).filter((line) => line.startsWith('options = '));
    assert.ok(theirs.length > 40);
    for (const line of theirs) assert.ok(names.has(line), line);
  });

  test('-sockets shows the same table, the defaults of the system included', async () => {
    const table = new Map((await ours('-sockets')).map((line) => [row(line), line]));
    const theirs = (await lines('stunnel4', '-sockets')).filter((line) => line.startsWith('    '));
    assert.ok(theirs.length > 20);
    for (const line of theirs) assert.equal(table.get(row(line)), line);
  });

  test('-help names what it names', async () => {
    const named = (all: readonly string[]) => all.flatMap((line) => /^(\w+) += /.exec(line)?.[1] ?? []);
    const known = new Set(named(await ours('-help')));
    const theirs = named(await lines('stunnel4', '-help'));
    assert.ok(theirs.length > 80);
    for (const name of theirs) assert.ok(known.has(name), name);
  });
});
