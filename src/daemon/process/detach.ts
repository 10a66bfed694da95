/**
 * `foreground = no`: the daemon is a new process in a session of its own, and the one that was called waits until it serves. Node
 * cannot fork, so the new process starts from the beginning and reports over a control channel; what goes wrong there is printed on
 * the standard error it shares with the caller until it is ready.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Duplex, Writable } from 'node:stream';
import { ownCommand } from '../../self.ts';
import type { AskPassphrase } from '../../tls/material/key-material.ts';
import { ownSockets } from './inherited-sockets.ts';
import { answerQuestion, askStarter, giveInput, hearLines, sayLine } from './start-channel.ts';
import { leaveStartFolder } from './start-folder.ts';

const VARIABLE = 'OVERCOAT_DETACHED';
const STANDARD_ERROR = 2;
const FIRST = 3;
const READY = 'ready';

export interface Detached {
  /** Sockets that were handed to the caller and are ours now. */
  readonly sockets: readonly number[];
  /** Asks the caller's terminal; ours is gone. */
  readonly ask: AskPassphrase;
  /**
   * Everything is bound and privileges are dropped: the caller's folder is left and its standard error let go, and then, with nothing
   * left that can fail, it is told to end.
   * @param keepErrors standard error is where the log goes
   */
  ready(keepErrors: boolean): Promise<void>;
}

/** @returns undefined in the process that was called; looks once and removes the trace from the environment. */
export function detachedFromCaller(environment: NodeJS.ProcessEnv = process.env): Detached | undefined {
  const [caller, count] = (environment[VARIABLE] ?? '').split(':');
  if (caller !== String(process.ppid)) return undefined;
  delete environment[VARIABLE];
  const sockets = ownSockets(Number(count));
  const control = FIRST + sockets.length;
  const nowhere = openSync('/dev/null', 'r+'); // a jail has none
  return {
    sockets,
    ask: (keyFile) => askStarter(control, keyFile),
    ready: async (keepErrors) => {
      leaveStartFolder();
      if (!keepErrors) await dropErrors(nowhere);
      closeSync(nowhere);
      announce(control);
    },
  };
}

/** The descriptor at which the detached process finds `input` of `startDetached`. */
export function detachedInput(sockets: readonly number[]): number {
  return FIRST + sockets.length + 1;
}

export interface DetachOptions {
  /** Arguments of the new process, after the program's own name. */
  readonly args: readonly string[];
  /** Sockets that were handed to us; they keep their numbers. */
  readonly sockets: readonly number[];
  /** Bytes for it to read at descriptor `detachedInput(sockets)`. */
  readonly input: string | undefined;
  readonly ask: AskPassphrase;
  /** Standard output is where the log goes: it is passed on, otherwise it is /dev/null. */
  readonly keepOutput: boolean;
  /** Added to the environment of the new process. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Starts the daemon proper and waits until it serves. @returns the exit code for the caller: 0, or 1 when it ended instead. */
export function startDetached({ args, sockets, input, ask, keepOutput, environment }: DetachOptions): Promise<0 | 1> {
  const [program, ...words] = ownCommand(...args);
  const child = spawn(program, words, {
    detached: true,
    stdio: ['ignore', keepOutput ? 'inherit' : 'ignore', 'inherit', ...sockets, 'pipe', input === undefined ? 'ignore' : 'pipe'],
    env: { ...process.env, ...environment, [VARIABLE]: `${process.pid}:${sockets.length}` },
  });
  if (input !== undefined) giveInput(child.stdio[detachedInput(sockets)] as Writable, input);
  return new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', () => resolve(1));
    const control = child.stdio[FIRST + sockets.length] as Duplex;
    hearLines(control, (line) => {
      if (answerQuestion(line, control, ask) || line !== READY) return;
      child.unref();
      resolve(0);
    });
  });
}

async function dropErrors(nowhere: number): Promise<void> {
  const { duplicateTo } = await import('../../linux/libc/descriptors.ts');
  duplicateTo(nowhere, STANDARD_ERROR);
}

function announce(control: number): void {
  try {
    sayLine(control, READY);
  } catch {
    // The caller was killed while it waited.
  }
  closeSync(control);
}
