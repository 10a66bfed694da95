/**
 * What can be completed on a command line, from the tables of the commands: the three shells' scripts are written from it. What a
 * word is follows from the word that stands for it in the table: `FILE`, `DEVICE`, `OPTION`.
 */

import type { FlagRow } from '../../../src/cli/args/flag-row.ts';
import { isSwitch } from '../../../src/cli/args/flag-row.ts';
import type { CommandTable } from '../../../src/cli/args/table.ts';
import { PRESETS } from '../../../src/cli/rtmps/presets.ts';
import { OPTION_LIST } from '../../../src/config/option-table.ts';

/** Where the candidates come from; `services` and `connections`: the running process is asked; `nothing`: only the user knows. */
export type Candidates =
  | { readonly from: 'words'; readonly words: readonly string[] }
  | { readonly from: 'files' | 'interfaces' | Running | 'nothing' };

/** What a running process has. */
export type Running = 'services' | 'connections';

export interface FlagCompletion {
  /** With its dashes. */
  readonly flag: string;
  readonly help: string;
  readonly repeat: boolean;
  /** undefined: a switch. `name` stands for the value. */
  readonly value: (Candidates & { readonly name: string }) | undefined;
}

export interface CommandCompletion {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly FlagCompletion[];
  /** Words behind the command that are no flags, in their order. */
  readonly operands: readonly (Candidates & { readonly name: string })[];
  readonly actions: readonly { readonly name: string; readonly help: string }[];
  /** A command line of its own follows `--`. */
  readonly endsInCommand: boolean;
}

/** Understood in the place of a command. */
export const GENERAL_FLAGS: readonly FlagCompletion[] = [
  { flag: '--help', help: 'more about a command', repeat: false, value: undefined },
  { flag: '--version', help: 'the version', repeat: false, value: undefined },
];

/** Of `overcoat-stunnel`; its file is the other word it takes. */
export const STUNNEL_FLAGS = ['-fd', '-help', '-version', '-sockets', '-options'] as const;

const LEVELS = ['0', '1', '2', '3', '4', '5', '6', '7'];
/** `COMMAND WORD` where a word means something else in a command than elsewhere. */
const PLACEHOLDERS: Readonly<Record<string, Candidates>> = {
  'connections NAME': { from: 'services' },
  'rtmps SERVICE': { from: 'words', words: PRESETS.map(({ service }) => service) },
  ARCHIVE: { from: 'files' },
  FILE: { from: 'files' },
  FOLDER: { from: 'files' },
  ID: { from: 'connections' },
  PATH: { from: 'files' },
  'FILE|sha256:KEY': { from: 'files' },
  DEVICE: { from: 'interfaces' },
  SERVICE: { from: 'services' },
  LEVEL: { from: 'words', words: LEVELS },
  OPTION: { from: 'words', words: OPTION_LIST.map(({ name }) => name) },
};

export function completionOf({ name, summary, call, flags, actions = [], endsInCommand }: CommandTable): CommandCompletion {
  const placeholders = endsInCommand === true ? [] : call.split(' ').slice(1);
  return {
    name,
    summary,
    flags: flags.map((row) => flagCompletion(name, row)),
    operands: placeholders.map((word) => candidates(name, word.replace(/^\[(.*)\]$/, '$1'))),
    actions,
    endsInCommand: endsInCommand === true,
  };
}

function flagCompletion(command: string, row: FlagRow): FlagCompletion {
  const { name, value = '', choices, help } = row;
  const words =
    choices === undefined ? candidates(command, value) : { from: 'words' as const, words: choices, name: value || name.toUpperCase() };
  return { flag: `--${name}`, help, repeat: row.repeat === true, value: isSwitch(row) ? undefined : words };
}

function candidates(command: string, name: string): Candidates & { readonly name: string } {
  return { ...(PLACEHOLDERS[`${command} ${name}`] ?? PLACEHOLDERS[name] ?? { from: 'nothing' }), name };
}

/** Which command of ours tells them, without keeping who types, and what makes one a line of its answer, for sed. Names that JSON writes otherwise are left out. */
export const RUNNING: Readonly<Record<Running, { readonly ask: string; readonly sed: string }>> = {
  services: { ask: 'status --json --within 1', sed: String.raw`/^  "services": \[/,/^  \]/ s/^ *"name": "\([^\]*\)",$/\1/p` },
  connections: { ask: 'connections --json --within 1', sed: String.raw`s/^ *"connection": \([0-9]*\),$/\1/p` },
};

/** For a shell, between single quotes. */
export function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
