/**
 * Completion in the real shells, each on a terminal of its own: the test types, asks the shell to insert everything it would offer, and
 * reads what the command was called with.
 */
// Tests: tools/docs/completion/
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { after, suite, test } from 'node:test';
import { loadCommand, loadCommands } from '../../src/cli/args/registry.ts';
import type { CommandTable } from '../../src/cli/args/table.ts';
import { OPTION_LIST } from '../../src/config/option-table.ts';
import { bashCompletion } from '../../tools/docs/completion/bash.ts';
import { fishCompletion } from '../../tools/docs/completion/fish.ts';
import { zshCompletion } from '../../tools/docs/completion/zsh.ts';
import { eventually } from '../support/eventually.ts';
import { dial } from '../support/net/tcp.ts';
import { listenTls } from '../support/net/tls.ts';
import { BIN } from '../support/overcoat/checkout.ts';
import { clientSection } from '../support/overcoat/config-text.ts';
import { startDaemon } from '../support/overcoat/daemon.ts';
import { Program, runProgram } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

/** Given what is typed, in a folder with `a.conf` and the folder `b`: what the shell offers, sorted. */
type Ask = (t: TestContext, tables: readonly CommandTable[], typed: string) => Promise<readonly string[]>;

const FILES = { 'a.conf': '', 'b/x': '' };

/** What the functions of the shell under test are given, one a line, goes to `said`; what completion asks is asked of the program itself. */
const REPORT = `{ case $* in 'status --json'* | 'connections --json'*) command overcoat "$@" ;; *) printf '%s\\n' "$@" > said ;; esac; }`;
const PATH = `${BIN}:${process.env['PATH']}`;
const RAN = join(tempFolder({ after }), 'ran');
/** A shell that takes it for a command would run it. */
const ODD_NAME = `a $(touch ${RAN}) b`;

async function typed(t: TestContext, folder: string, shell: string, keys: string): Promise<readonly string[]> {
  const env = {
    ...process.env,
    PATH,
    TERM: 'dumb',
    PS1: 'ready> ',
    HOME: folder,
    ZDOTDIR: folder,
    INPUTRC: '/dev/null',
    LC_ALL: 'C.UTF-8',
  };
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
    env: { ...process.env, PATH, HOME: folder },
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

/** A process with two services and an open connection. @returns its control socket */
async function running(t: TestContext): Promise<string> {
  const upstream = await listenTls(t, {}, (socket) => void socket.pipe(socket));
  const control = join(tempFolder(t), 'control.sock');
  const config = clientSection('first', { connect: upstream.port }) + clientSection(ODD_NAME, { connect: upstream.port });
  const daemon = await startDaemon(t, { config, args: ['--control', control] });
  await dial(t, await daemon.port('first'));
  await daemon.line('TLS connected');
  return control;
}

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

    test('offers the services and the connections of the running process', async (t) => {
      const tables = await loadCommands();
      const control = await running(t);
      /** A machine with much to do may not answer within the second that completion waits. */
      const answered = (line: string): Promise<readonly string[]> =>
        eventually('an answer in time', async () => {
          const words = await ask(t, tables, line);
          return words.length > 0 ? words : undefined;
        });
      assert.deepEqual(await answered(`overcoat end --control ${control} `), ['0']);
      assert.deepEqual(await answered(`overcoat drain --control=${control} `), [ODD_NAME, 'first']);
      assert.deepEqual(await answered(`overcoat connections --control ${control} --service f`), ['first']);
      assert.ok(!existsSync(RAN));
    });

    test('waits a second for a running process that does not answer', async (t) => {
      const waited: number[] = [];
      const server = createServer((socket) => {
        const since = performance.now();
        socket.resume().once('close', () => waited.push(performance.now() - since));
      });
      const control = join(tempFolder(t), 'control.sock');
      await once(server.listen(control), 'listening');
      t.after(() => server.close());
      await ask(t, await loadCommands(), `overcoat drain --control ${control} `);
      assert.equal(waited.length, 1);
      assert.ok((waited[0] ?? 0) < 5000, `${waited[0]} ms, on a machine with much to do`);
    });

    test('offers the streaming services', async (t) => {
      assert.deepEqual(await ask(t, await loadCommands(), 'overcoat rtmps you'), ['youtube']);
    });

    test('completes the command of exec as that command is completed', async (t) => {
      assert.deepEqual(await ask(t, await loadCommands(), 'overcoat exec --explain -- ls a.c'), ['a.conf']);
    });
  });
