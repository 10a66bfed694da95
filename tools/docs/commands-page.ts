/** docs/commands.md and the README's list of commands, from the tables of the commands. */

import type { FlagRow } from '../../src/cli/args/flag-row.ts';
import { flagText } from '../../src/cli/args/flag-row.ts';
import { loadCommands } from '../../src/cli/args/registry.ts';
import type { CommandTable } from '../../src/cli/args/table.ts';

const commands = await loadCommands();

const HEADER = `# Commands

\`overcoat COMMAND --help\` says the same in the terminal. This page is made from \`src/cli/tables/\` by \`npm run docs\`. Exit codes: 0 done,
1 failed, 2 wrong arguments; \`exec\` ends as its command ended. A value may follow its flag as the next word or after \`=\`.`;

/** Of `overcoat-stunnel`, which has no table: its words are stunnel's. */
export const STUNNEL_USAGE: readonly string[] = [
  'overcoat-stunnel [FILE]',
  'overcoat-stunnel -fd N',
  'overcoat-stunnel -help|-version|-sockets|-options',
];
export const STUNNEL_ABOUT =
  "stunnel's own command line, with its defaults, messages and exit codes. Without FILE it reads `/etc/stunnel/stunnel.conf`.";

const STUNNEL = ['## overcoat-stunnel', ['```text', ...STUNNEL_USAGE, '```'].join('\n'), STUNNEL_ABOUT].join('\n\n');

/** Pages that tell the whole story of a command. */
const GUIDES: Partial<Record<CommandTable['name'], string>> = {
  rtmps: 'rtmps.md',
  gateway: 'gateway.md',
  exec: 'exec.md',
  options: 'options.md',
};

export function commandsPage(): string {
  return `${[HEADER, ...commands.map(section), STUNNEL].join('\n\n')}\n`;
}

/** Rows of a table with the columns command and what it does. */
export function commandRows(): readonly string[] {
  return commands.map(({ name, call, summary }) => `| [\`overcoat ${call}\`](docs/commands.md#${name}) | ${summary} |`);
}

function section({ name, usage, about, flags, actions = [], example }: CommandTable): string {
  const guide = GUIDES[name];
  return [
    `## ${name}`,
    fenced(usage),
    ...about,
    ...(actions.length === 0
      ? []
      : [
          table(
            'action',
            actions.map(({ name, help }) => [name, help]),
          ),
        ]),
    ...(flags.length === 0
      ? []
      : [
          table(
            'flag',
            flags.map((flag: FlagRow) => [flagText(flag), flag.help]),
          ),
        ]),
    'Example:',
    fenced([example]),
    ...(guide === undefined ? [] : [`More: [docs/${guide}](${guide}).`]),
  ].join('\n\n');
}

function fenced(lines: readonly string[]): string {
  return ['```text', ...lines.map((line) => `overcoat ${line}`), '```'].join('\n');
}

function table(column: string, rows: readonly (readonly [string, string])[]): string {
  const lines = rows.map(([left, right]) => `| \`${escaped(left)}\` | ${escaped(right)} |`);
  return [`| ${column} | meaning |`, '|---|---|', ...lines].join('\n');
}

/** A bar would end the cell, also between backquotes. */
function escaped(text: string): string {
  return text.replaceAll('|', '\\|');
}
