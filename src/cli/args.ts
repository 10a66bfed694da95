/**
 * argv in, one `Command` out. Pure: nothing is printed and nobody exits here. Wrong arguments are a `usage` command, which
 * `cli/main.ts` prints on standard error and ends with 2. The launcher of stunnel's command line puts `--as-stunnel` in front.
 */
import { parseCheck, parseDemo, parseOptions, parseRun } from './args/file-commands.ts';
import { UsageError } from './args/flags.ts';
import { parseExec, parseGateway } from './args/intercept-commands.ts';
import { parsePin } from './args/pin-command.ts';
import { parseClient, parseServer } from './args/service-commands.ts';
import type { Command } from './command.ts';
import { parseStunnel } from './stunnel-args.ts';

const COMMANDS: ReadonlyMap<string, (args: readonly string[]) => Command> = new Map([
  ['run', parseRun],
  ['check', parseCheck],
  ['client', parseClient],
  ['server', parseServer],
  ['demo', parseDemo],
  ['options', parseOptions],
  ['pin', parsePin],
  ['gateway', parseGateway],
  ['exec', parseExec],
]);

/** Of the launcher `overcoat-stunnel`. */
export const AS_STUNNEL = '--as-stunnel';

/** @param argv the arguments after the script's own name */
export function parseArguments(argv: readonly string[]): Command {
  const [word, ...rest] = argv;
  if (word === AS_STUNNEL) return parseStunnel(rest);
  if (word === undefined) return { kind: 'usage', message: 'the command is missing', topic: undefined };
  if (word === '--version' || word === '-V' || word === 'version') return { kind: 'version' };
  if (word === '--help' || word === '-h' || word === 'help')
    return { kind: 'help', topic: COMMANDS.has(rest[0] ?? '') ? rest[0] : undefined };
  const parse = COMMANDS.get(word);
  if (parse === undefined) return { kind: 'usage', message: `"${word}" is not a command`, topic: undefined };
  // --version is answered everywhere; what follows `--` belongs to the command that exec runs.
  if (rest.slice(0, rest.includes('--') ? rest.indexOf('--') : rest.length).includes('--version')) return { kind: 'version' };
  try {
    return parse(rest);
  } catch (error) {
    if (error instanceof UsageError) return { kind: 'usage', message: error.message, topic: word };
    throw error;
  }
}
