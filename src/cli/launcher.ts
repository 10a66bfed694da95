/**
 * What the launchers of bin/ tell the program in its environment, where the single executable was started without one. Options of the
 * runtime are inside the file, and NODE_OPTIONS is not read by it, so that variable simply stays for the programs we start. Which
 * signals the caller ignores cannot be told any more: the runtime has forgotten them before the first line of ours.
 */
import { calledAs, startedWithoutLauncher } from '../self.ts';

export function standInForLauncher(environment: NodeJS.ProcessEnv = process.env): void {
  if (!startedWithoutLauncher()) return;
  environment['OVERCOAT_STARTED_AS'] = calledAs();
  // Of an Overcoat that started us: they are about its caller.
  delete environment['OVERCOAT_IGNORED_SIGNALS'];
  delete environment['OVERCOAT_CALLER_NODE_OPTIONS'];
}

/**
 * Where the launcher lets Node keep its compiled code. Programs that we start must not use it, so the variable is taken out of the
 * environment; processes of our own get it back (`compileCache` of src/self.ts).
 */
export function forgetCompileCache(): void {
  delete process.env['NODE_COMPILE_CACHE'];
}
