/** Help texts: one for the program, one for each command, made from the tables of the commands. */
import type { CommandName } from './command.ts';
import { flagText } from './flag-row.ts';
import { loadCommand, loadCommands } from './registry.ts';
import type { CommandTable } from './table.ts';

/** Longer lines are hard to read, also where there is room for them. */
const WIDEST = 120;
/** Narrower ones are left to the terminal. */
const NARROWEST = 40;

/** How a text is laid out. */
interface Layout {
  readonly width: number;
  /** Where the second column of a list begins. */
  readonly column: number;
}

/**
 * @param topic a command; undefined for the program itself
 * @param columns of the terminal; undefined: there is none
 */
export async function helpText(topic: CommandName | undefined, columns: number | undefined): Promise<string> {
  const width = Math.max(NARROWEST, Math.min(WIDEST, columns ?? WIDEST));
  const layout = { width, column: width < 72 ? 8 : 27 };
  return topic === undefined ? generalHelp(await loadCommands(), layout) : commandHelp(await loadCommand(topic), layout);
}

function generalHelp(commands: readonly CommandTable[], layout: Layout): string {
  return `Usage: overcoat COMMAND [ARGUMENTS]

Puts TLS over plain TCP.

Commands
${commands.map(({ call, summary }) => row(call, summary, layout)).join('\n')}

${row('COMMAND --help', 'more about a command', layout)}
${row('--version', 'the version', layout)}

${wrapped('Exit codes: 0 done, 1 failed, 2 wrong arguments.', layout.width).join('\n')}
`;
}

function commandHelp({ usage, about, flags, actions = [], example }: CommandTable, layout: Layout): string {
  return [
    usage.flatMap((line, index) => hanging(index === 0 ? 'Usage: overcoat ' : '       overcoat ', line, layout)),
    about.flatMap((paragraph) => wrapped(paragraph, layout.width)),
    flags.map((flag) => row(flagText(flag), flag.help, layout)),
    actions.map(({ name, help }) => row(name, help, layout)),
    [`Example: overcoat ${example}`], // to be copied as it is
  ]
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}

/** What does not fit behind `start` goes on below its end. */
function hanging(start: string, text: string, { width }: Layout): readonly string[] {
  return wrapped(text, width - start.length).map((line, index) => `${index === 0 ? start : ''.padEnd(start.length)}${line}`);
}

/** Two columns; a first one that is too long has a line of its own. */
function row(left: string, right: string, { width, column }: Layout): string {
  const start = `  ${left}`;
  const lines = wrapped(right, width - column);
  const fits = start.length + 1 < column;
  return [...(fits ? [] : [start]), ...lines.map((line, index) => `${(fits && index === 0 ? start : '').padEnd(column)}${line}`)].join(
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
