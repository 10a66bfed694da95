/** Help texts: one for the program, one for each command, made from the tables of the commands. */
import type { CommandName } from './command.ts';
import { flagText } from './flag-row.ts';
import { loadCommand, loadCommands } from './registry.ts';
import type { CommandTable } from './table.ts';

const WIDTH = 120;
/** Where the second column of a list begins. */
const COLUMN = 27;

/** @param topic a command; undefined for the program itself */
export async function helpText(topic: CommandName | undefined): Promise<string> {
  return topic === undefined ? generalHelp(await loadCommands()) : commandHelp(await loadCommand(topic));
}

function generalHelp(commands: readonly CommandTable[]): string {
  return `Usage: overcoat COMMAND [ARGUMENTS]

Puts TLS over plain TCP.

Commands
${commands.map(({ call, summary }) => row(call, summary)).join('\n')}

${row('COMMAND --help', 'more about a command')}
${row('--version', 'the version')}

Exit codes: 0 done, 1 failed, 2 wrong arguments.
`;
}

function commandHelp({ usage, about, flags, actions = [], example }: CommandTable): string {
  return [
    usage.map((line, index) => `${index === 0 ? 'Usage:' : '      '} overcoat ${line}`),
    about.flatMap((paragraph) => wrapped(paragraph, WIDTH)),
    flags.map((flag) => row(flagText(flag), flag.help)),
    actions.map(({ name, help }) => row(name, help)),
    [`Example: overcoat ${example}`],
  ]
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}

/** Two columns; a first one that is too long has a line of its own. */
function row(left: string, right: string): string {
  const start = `  ${left}`;
  const lines = wrapped(right, WIDTH - COLUMN);
  const fits = start.length + 1 < COLUMN;
  return [...(fits ? [] : [start]), ...lines.map((line, index) => `${(fits && index === 0 ? start : '').padEnd(COLUMN)}${line}`)].join(
    '\n',
  );
}

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
