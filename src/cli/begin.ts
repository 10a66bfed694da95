/** What every command line of ours begins with, and the only place that ends the process. */
import { OvercoatError } from '../errors.ts';
import { nameProcess } from '../linux/process/process-name.ts';
import { silenceClientErrors } from '../linux/process/standard-streams.ts';
import { AS_STUNNEL, ownArguments } from '../self.ts';
import { forgetCompileCache, standInForLauncher } from './launcher.ts';
import { printError } from './terminal/print.ts';

/** @param execute gets the arguments after the program's own name, and gives the exit code; what it throws is printed, and ends with 1 */
export function begin(execute: (words: readonly string[]) => Promise<number>): void {
  process.on('uncaughtException', end);
  standInForLauncher();
  forgetCompileCache();
  silenceClientErrors();
  const words = ownArguments();
  nameProcess(words[0] === AS_STUNNEL ? words.slice(1) : words);
  if (process.platform !== 'linux') end(new OvercoatError('start_platform', `Overcoat runs on Linux, and this is ${process.platform}`));
  void execute(words).then((code) => process.exit(code), end);
}

function end(cause: unknown): never {
  if (cause instanceof OvercoatError) printError(cause.message);
  else printError(`internal error: ${cause instanceof Error ? cause.message : String(cause)}`);
  process.exit(1);
}
