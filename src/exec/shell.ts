/**
 * The shell of `overcoat exec --shell`: the user's own, with what it reads at its start, and then a mark before its prompt. A shell that
 * takes a file for that gets one in a folder of ours, which is removed with `remove`.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { OvercoatError } from '../errors.ts';
import { temporaryFolder, unwritable } from '../linux/files/temporary-folder.ts';

export interface WrappedShell {
  readonly command: readonly string[];
  /** Added to the environment. */
  readonly env: Readonly<Record<string, string>>;
  /** What was made for it. */
  remove(): void;
}

const MARK = '(overcoat) ';
const FALLBACK = '/bin/sh';

/** Prompts that are made anew each time get the mark each time. */
const BASH = `[ -r ~/.bashrc ] && . ~/.bashrc
__overcoat_mark() { case $PS1 in '${MARK}'*) ;; *) PS1='${MARK}'$PS1 ;; esac; }
case $(declare -p PROMPT_COMMAND 2>/dev/null) in
  'declare -a'*) PROMPT_COMMAND+=(__overcoat_mark) ;;
  *) PROMPT_COMMAND="$PROMPT_COMMAND
__overcoat_mark"
    export -n PROMPT_COMMAND ;;
esac
`;

/** The files of the user's own folder are read; ours stands in its place only until then. */
const ZSHENV = `__overcoat_folder=$ZDOTDIR
ZDOTDIR=\${OVERCOAT_ZDOTDIR:-$HOME}
[[ -r $ZDOTDIR/.zshenv ]] && . $ZDOTDIR/.zshenv
OVERCOAT_ZDOTDIR=$ZDOTDIR
ZDOTDIR=$__overcoat_folder
`;
const ZSHRC = `ZDOTDIR=$OVERCOAT_ZDOTDIR
unset OVERCOAT_ZDOTDIR __overcoat_folder
[[ -r $ZDOTDIR/.zshrc ]] && . $ZDOTDIR/.zshrc
__overcoat_mark() { [[ $PROMPT == '${MARK}'* ]] || PROMPT='${MARK}'$PROMPT }
autoload -Uz add-zsh-hook
add-zsh-hook precmd __overcoat_mark
`;

const FISH = `functions -q fish_prompt; and functions -c fish_prompt __overcoat_prompt
function fish_prompt
  echo -n '${MARK}'
  functions -q __overcoat_prompt; and __overcoat_prompt
end`;

/** The program of it. @param env the caller's: SHELL names the shell */
export function shellOf(env: NodeJS.ProcessEnv): string {
  const shell = env['SHELL'] ?? '';
  return shell === '' ? FALLBACK : shell;
}

/** @param env the caller's. @throws OvercoatError `start_process` where its files cannot be written */
export function wrappedShell(env: NodeJS.ProcessEnv): WrappedShell {
  const path = shellOf(env);
  switch (basename(path)) {
    case 'bash': {
      const { folder, remove } = folderWith({ bashrc: BASH });
      return { command: [path, '--rcfile', join(folder, 'bashrc'), '-i'], env: {}, remove };
    }
    case 'zsh': {
      const { folder, remove } = folderWith({ '.zshenv': ZSHENV, '.zshrc': ZSHRC });
      const own = env['ZDOTDIR'];
      return { command: [path, '-i'], env: { ZDOTDIR: folder, ...(own === undefined ? {} : { OVERCOAT_ZDOTDIR: own }) }, remove };
    }
    case 'fish':
      return { command: [path, '-i', '-C', FISH], env: {}, remove: () => undefined };
    default:
      return { command: [path, '-i'], env: { PS1: `${MARK}$ ` }, remove: () => undefined };
  }
}

/** As messages call it. */
const SHELL = '--shell';

function folderWith(files: Readonly<Record<string, string>>): { readonly folder: string; remove(): void } {
  let folder: string | undefined;
  const remove = (): void => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  };
  try {
    folder = temporaryFolder('shell', SHELL);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
    return { folder, remove };
  } catch (cause) {
    remove();
    throw cause instanceof OvercoatError ? cause : unwritable(SHELL, cause);
  }
}
