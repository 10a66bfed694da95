/**
 * argv in, one `Command` out. Nothing is printed and nobody exits here. Wrong arguments are a `usage` command, which `cli/main.ts`
 * prints on standard error and ends with 2. The launcher of stunnel's command line puts `--as-stunnel` in front.
 */
import { existsSync } from 'node:fs';
import { AS_STUNNEL } from '../../self.ts';
import { didYouMean } from '../../text/similar.ts';
import { VERSION_WORDS } from '../version-words.ts';
import type { Command } from './command.ts';
import { readFlags, UsageError } from './flags.ts';
import { isCommand, loadCommand, similarCommand } from './registry.ts';

const HELP_WORDS: ReadonlySet<string> = new Set(['help', '--help', '-h']);

/** @param argv the arguments after the program's own name */
export async function parseArguments(argv: readonly string[]): Promise<Command> {
  const [word, ...rest] = argv;
  if (word === AS_STUNNEL) return (await import('./stunnel-args.ts')).parseStunnel(rest);
  if (word === undefined) return { kind: 'usage', message: 'the command is missing', topic: undefined };
  if (VERSION_WORDS.has(word)) return { kind: 'version' };
  if (HELP_WORDS.has(word)) return helpOn(rest);
  if (!isCommand(word)) return { kind: 'usage', message: `"${word}" is not a command${meant(word)}`, topic: undefined };
  // --version is answered everywhere; what follows `--` belongs to the command that exec runs.
  if (rest.slice(0, rest.includes('--') ? rest.indexOf('--') : rest.length).includes('--version')) return { kind: 'version' };
  const table = await loadCommand(word);
  try {
    const flags = readFlags(rest, table.flags, table.endsInCommand);
    return flags.help ? { kind: 'help', topic: word } : table.parse(flags);
  } catch (error) {
    if (error instanceof UsageError) return { kind: 'usage', message: error.message, topic: word };
    throw error;
  }
}

/** `help`, or `help COMMAND`; of the words that are no command in the general one. */
function helpOn([word, extra]: readonly string[]): Command {
  if (word === undefined || HELP_WORDS.has(word) || VERSION_WORDS.has(word)) return { kind: 'help', topic: undefined };
  if (!isCommand(word))
    return { kind: 'usage', message: `"${word}" is not a command${didYouMean(similarCommand(word))}`, topic: undefined };
  if (extra !== undefined) return { kind: 'usage', message: `there is no place for "${extra}"`, topic: word };
  return { kind: 'help', topic: word };
}

function meant(word: string): string {
  return existsSync(word) ? `; to run that file: overcoat run ${word}` : didYouMean(similarCommand(word));
}
