/**
 * Completion in the real shells, each on a terminal of its own: the test types, asks the shell to insert everything it would offer, and
 * reads what the command was called with.
 */
// Tests: tools/docs/completion/
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { after, suite, test } from 'node:test';
import { loadCommand, loadCommands } from '../../src/cli/registry.ts';
import type { CommandTable } from '../../src/cli/table.ts';
import { OPTION_LIST } from '../../src/config/option-table.ts';
import { bashCompletion } from '../../tools/docs/completion/bash.ts';
import { fishCompletion } from '../../tools/docs/completion/fish.ts';
import { zshCompletion } from '../../tools/docs/completion/zsh.ts';
import { Program, runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

/** Given what is typed, in a folder with `a.conf` (sections first, second) and the folder `b`: what the shell offers, sorted. */
type Ask = (t: TestContext, tables: readonly CommandTable[], typed: string) => Promise<readonly string[]>;

const FILES = { 'a.conf': 'debug = 7\n[first]\n; [no]\n  [second] \n', 'b/x': '' };

/** What the functions of the shell under test are given, one a line, goes to `said`. */
const REPORT = `{ printf '%s\\n' "$@" > said; }`;

async function typed(t: TestContext, folder: string, shell: string, keys: string): Promise<readonly string[]> {
  const env = { ...process.env, TERM: 'dumb', PS1: 'ready> ', HOME: folder, ZDOTDIR: folder, INPUTRC: '/dev/null', LC_ALL: 'C.UTF-8' };
  const program = new Program(['script', '--quiet', '--return', '--flush', '--command', shell, '/dev/null'], {
    cwd: folder,
    env,
    keepInput: true,
  });
  t.after(() => program.kill('SIGKILL'));
  await program.saw(/prepared[\s\S]*ready> /);
  program.write(keys);
  const asked = await program.until((output) => (output.split('ready> ').length > 2 ? true : undefined));
  assert.ok(asked, program.output);
  program.write('exit\n');
  await program.finished;
  return readFileSync(join(folder, 'said'), 'utf8').trim().split('\n');
}

/** What zsh remembers of all functions it has: it takes seconds to find out. */
const DUMP = join(tempFolder({ after }), 'dump');

const bash: Ask = async (t, tables, line) => {
  const folder = tempFolder(t);
  writeFiles(folder, {
    ...FILES,
    completion: bashCompletion(tables),
    rc: `. /usr/share/bash-completion/bash_completion\n. ./completion\novercoat() ${REPORT}\novercoat-stunnel() ${REPORT}\nPS1='ready> '\nbind 'set enable-bracketed-paste off'\necho prepared\n`,
  });
  return offered(await typed(t, folder, 'bash --noprofile --rcfile rc -i', `${line}\x1b*\n`), line);
};

const zsh: Ask = async (t, tables, line) => {
  const folder = tempFolder(t);
  mkdirSync(join(folder, 'functions'));
  writeFiles(folder, {
    ...FILES,
    'functions/_overcoat': zshCompletion(tables),
    '.zshrc': `fpath=($PWD/functions $fpath)
autoload -Uz compinit && compinit -u -d ${DUMP}
overcoat() ${REPORT}
overcoat-stunnel() ${REPORT}
zle -C all-matches complete-word _generic
bindkey '^T' all-matches
zstyle ':completion:all-matches:*' insert yes
zstyle ':completion:all-matches::::' completer _all_matches _complete
unsetopt prompt_sp
unset zle_bracketed_paste
PS1='ready> '
echo prepared
`,
  });
  return offered(await typed(t, folder, 'zsh -i', `${line}\x14\n`), line);
};

const fish: Ask = async (t, tables, line) => {
  const folder = tempFolder(t);
  writeFiles(folder, { ...FILES, completion: fishCompletion(tables) });
  const { stdout } = await runProgram(['fish', '--no-config', '-c', `source completion; complete -C '${line}'`], {
    cwd: folder,
    env: { ...process.env, HOME: folder },
  });
  return stdout
    .split('\n')
    .flatMap((row) => row.split('\t')[0] || [])
    .sort();
};

/** The words that came after those that were typed whole. */
function offered(words: readonly string[], line: string): readonly string[] {
  const whole = line.split(' ').length - 2;
  return words.slice(whole).sort();
}

/** As a command would look that is told a service of a file. */
const WITH_SERVICE: CommandTable = {
  name: 'run',
  call: 'run FILE SERVICE',
  summary: 'runs one',
  usage: [],
  about: [],
  flags: [{ name: 'log', value: 'FILE', help: 'where to' }],
  example: 'run mail.conf smtp',
  parse: () => ({ kind: 'version' }),
  execute: async () => 0,
};

for (const [name, ask] of Object.entries({ bash, zsh, fish }))
  suite(`completion in ${name}`, { skip: requires({ packages: name === 'bash' ? ['bash-completion'] : [name] }) }, () => {
    test('offers every command', async (t) => {
      const tables = await loadCommands();
      const words = (await ask(t, tables, 'overcoat ')).filter((word) => !word.startsWith('-'));
      assert.deepEqual(words, [...tables.map((table) => table.name), 'help'].sort());
    });

    test('offers every flag of a command', async (t) => {
      const { flags } = await loadCommand('gateway');
      const words = await ask(t, await loadCommands(), 'overcoat gateway --');
      assert.deepEqual(
        words.map((word) => word.replace(/=$/, '')),
        [...flags.map((flag) => `--${flag.name}`), '--help'].sort(),
      );
    });

    test('offers the options of a file', async (t) => {
      const names = OPTION_LIST.map((option) => option.name).filter((option) => option.startsWith('sess'));
      assert.deepEqual(await ask(t, await loadCommands(), 'overcoat options sess'), names.sort());
    });

    test('offers actions, values and files where they stand', async (t) => {
      const tables = await loadCommands();
      assert.deepEqual(await ask(t, tables, 'overcoat gateway do'), ['doctor', 'down']);
      assert.deepEqual(await ask(t, tables, 'overcoat gateway --mode '), ['redirect', 'tproxy']);
      assert.deepEqual(await ask(t, tables, 'overcoat run a'), ['a.conf']);
      assert.deepEqual(await ask(t, tables, 'overcoat client --ca a'), ['a.conf']);
      assert.deepEqual(await ask(t, tables, 'overcoat-stunnel -o'), ['-options']);
    });

    test('offers a value behind the sign of equality', async (t) => {
      const words = await ask(t, await loadCommands(), 'overcoat gateway --as=n');
      assert.deepEqual(
        words.map((word) => word.replace('--as=', '')),
        ['nft'],
      );
    });

    test('offers the services of a file', async (t) => {
      assert.deepEqual(await ask(t, [WITH_SERVICE], 'overcoat run a.conf '), ['first', 'second']);
      assert.deepEqual(await ask(t, [WITH_SERVICE], 'overcoat run --log b/x a.conf s'), ['second']);
    });

    test('completes the command of exec as that command is completed', async (t) => {
      assert.deepEqual(await ask(t, await loadCommands(), 'overcoat exec --explain -- ls a.c'), ['a.conf']);
    });
  });
