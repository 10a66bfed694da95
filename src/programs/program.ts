/**
 * Starts a program that stands where a socket would be (`exec`): one stream on its descriptors 0 and 1, half-close included. It is
 * reaped by the runtime and never killed: a program whose peer is gone reads its end, as under inetd. The trap: whatever the program
 * inherits is open to it, so everything of ours is closed on exec.
 */

import type { SpawnOptions } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import type { ExecConfig } from '../config/config.ts';
import { commandFiles } from '../linux/files/find-program.ts';
import { close } from '../linux/libc/descriptors.ts';
import { entryCommand } from '../self.ts';
import { systemError } from '../text/system-error.ts';
import { socketEnds, terminalEnds } from './program-end.ts';

export interface ProgramOrder {
  readonly exec: ExecConfig;
  /** All of it; nothing of our own environment is added. */
  readonly environment: NodeJS.ProcessEnv;
}

export interface ProgramExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program that runs. */
export interface SpawnedProgram {
  readonly pid: number;
  /** Our end of what it reads and writes, whoever's it becomes. */
  readonly fd: number;
  /** Never rejects. */
  readonly exited: Promise<ProgramExit>;
}

const NOT_FOUND = 2;
/** Where programs write their errors that are not for the peer. */
const STANDARD_ERROR = 2;

/** @throws NodeJS.ErrnoException when it cannot be started: not there, not executable, no descriptors left */
export async function spawnProgram({ exec, environment }: ProgramOrder): Promise<SpawnedProgram> {
  const path = findExecutable(exec.path, environment['PATH'] ?? '');
  const ends = exec.pty ? terminalEnds() : socketEnds();
  try {
    const options: SpawnOptions = {
      env: environment,
      stdio: [ends.theirs, ends.theirs, exec.errors === 'peer' ? ends.theirs : STANDARD_ERROR],
      detached: exec.pty,
    };
    const child = exec.pty
      ? spawnOnTerminal(path, exec.args, options)
      : spawn(path, exec.args.slice(1), { ...options, argv0: exec.args[0] });
    const exited = new Promise<ProgramExit>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    await once(child, 'spawn');
    return { pid: child.pid ?? 0, fd: ends.ours, exited };
  } catch (cause) {
    close(ends.ours);
    throw cause;
  } finally {
    close(ends.theirs);
  }
}

/** The leader of a new session, which is what a terminal can belong to; the starter takes it and becomes the program. */
function spawnOnTerminal(path: string, args: readonly string[], options: SpawnOptions): ReturnType<typeof spawn> {
  const [program, ...words] = entryCommand('terminal-starter', String(process.pid), path, ...args);
  return spawn(program, words, options);
}

/**
 * Looked up as execvp(3) does, before anything is made for it.
 * @param probe throws where there is nothing to execute
 * @throws NodeJS.ErrnoException
 */
export function findExecutable(name: string, searchPath: string, probe = (path: string): void => accessSync(path, constants.X_OK)): string {
  let failure: unknown;
  for (const candidate of commandFiles(name, searchPath)) {
    try {
      probe(candidate);
      return candidate;
    } catch (cause) {
      failure ??= cause;
    }
  }
  throw failure ?? systemError('execvp', NOT_FOUND);
}
