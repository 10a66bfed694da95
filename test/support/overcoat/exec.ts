/** The real `overcoat exec` as an ordinary user on a host of a test network. */

import type { Host } from '../net/netns.ts';
import type { Finished, Program, ProgramOptions } from '../program.ts';
import { runProgram } from '../program.ts';
import { openBin } from './checkout.ts';

const AS_NOBODY = ['setpriv', '--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups'];

/** Argv of `overcoat exec FLAGS... -- COMMAND...` as user nobody. */
export function execArgv(flags: readonly string[], command: readonly string[]): string[] {
  return [...AS_NOBODY, `${openBin()}/overcoat`, 'exec', ...flags, '--', ...command];
}

/** Runs it to its end. */
export function runExec(host: Host, flags: readonly string[], command: readonly string[], options: ProgramOptions = {}): Promise<Finished> {
  return runProgram(execArgv(flags, command), { ...options, place: host });
}

/** Starts it; it is killed with the network. */
export function startExec(host: Host, flags: readonly string[], command: readonly string[], options: ProgramOptions = {}): Program {
  return host.start(execArgv(flags, command), options);
}
