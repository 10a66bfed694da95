/** The shells themselves, on a terminal: the mark stands before the prompt, whatever the user's own files make of it. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { suite, test } from 'node:test';
import { wrappedShell } from '../../src/exec/shell.ts';
import { Program } from '../support/program.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder, writeFiles } from '../support/temp.ts';

/** Of the user: each sets a prompt of its own, and bash one that is made anew each time and ends as some tools leave it. */
const FILES = {
  '.bashrc': "remake() { PS1='mine:bash> '; }\nPROMPT_COMMAND='remake;'\n",
  '.zshenv': 'export SEEN=zshenv\n',
  '.zshrc': "PROMPT='mine:zsh> '\n",
  '.config/fish/config.fish': "function fish_prompt; echo 'mine:fish> '; end\nfunction fish_greeting; end\n",
};

suite('the shell of exec --shell', { skip: requires({ packages: ['zsh', 'fish'], commands: ['script'] }) }, () => {
  for (const [path, prompt] of [
    ['/bin/bash', /\(overcoat\) mine:bash> /],
    ['/usr/bin/zsh', /\(overcoat\) mine:zsh> /],
    ['/usr/bin/fish', /\(overcoat\) mine:fish> /],
    ['/bin/sh', /\(overcoat\) \$ /],
  ] as const)
    test(`${path} has a marked prompt, and what it was given is removed`, async (t) => {
      const home = tempFolder(t);
      writeFiles(home, FILES);
      const shell = wrappedShell({ SHELL: path });
      t.after(() => shell.remove());
      const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: `${home}/.config`, TERM: 'dumb', ZDOTDIR: undefined, ENV: undefined };
      // Not by the environment of `script`, which starts a shell that may forget PS1.
      const words = ['env', ...Object.entries(shell.env).map(([name, value]) => `${name}=${value}`), ...shell.command];
      const command = words.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ');
      const program = new Program(['script', '-qec', command, '/dev/null'], { env, keepInput: true });
      t.after(() => program.kill('SIGKILL'));
      await program.saw(prompt);
      program.write('echo seen-$HOME-$ZDOTDIR-$SEEN\n');
      if (path.endsWith('zsh')) await program.saw(new RegExp(`seen-${home}-${home}-zshenv`));
      program.write('exit 5\n');
      assert.equal((await program.finished).code, 5);
      shell.remove();
      for (const word of shell.command.filter((each) => each.includes('overcoat-shell-'))) assert.equal(existsSync(dirname(word)), false);
    });
});

suite('what can be wrong around it', { skip: requires({ linux: true }) }, () => {
  test('a folder that its files cannot be written to is said with the remedy', () => {
    const before = process.env['TMPDIR'];
    process.env['TMPDIR'] = '/nonexistent';
    try {
      assert.throws(() => wrappedShell({ SHELL: '/bin/bash' }), {
        code: 'start_process',
        message: '--shell cannot write its files into /nonexistent: No such file or directory; TMPDIR names another folder',
      });
    } finally {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
    }
  });

  test('a shell in the shell does not look for the mark of the first, whose PROMPT_COMMAND came from the environment', async (t) => {
    const shell = wrappedShell({ SHELL: '/bin/bash' });
    t.after(() => shell.remove());
    const env = { ...process.env, HOME: tempFolder(t), PROMPT_COMMAND: ':' };
    const program = new Program([...shell.command], { env, keepInput: true });
    program.write('env | grep -c ^PROMPT_COMMAND\nexit\n');
    assert.match((await program.finished).stdout, /^0$/m);
  });
});
