/**
 * Preloaded into a process under test (`--import`): says on standard error, one line of JSON each, which modules it has loaded when it
 * starts another process and when it ends.
 */
import childProcess from 'node:child_process';
import { registerHooks, syncBuiltinESMExports } from 'node:module';

export interface Loaded {
  /** Words of the process that is started; empty at the end. */
  readonly starts: readonly string[];
  /** URLs. */
  readonly modules: readonly string[];
}

const modules: string[] = [];

registerHooks({
  load: (url, context, next) => {
    modules.push(url);
    return next(url, context);
  },
});

function tell(starts: readonly string[]): void {
  const said: Loaded = { starts, modules };
  process.stderr.write(`${JSON.stringify(said)}\n`);
}

const { spawn } = childProcess;
childProcess.spawn = ((program: string, words: readonly string[], options: childProcess.SpawnOptions) => {
  tell([program, ...words]);
  return spawn(program, words, options);
}) as typeof spawn;
syncBuiltinESMExports();
process.once('exit', () => tell([]));
