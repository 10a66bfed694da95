/**
 * `foreground = no`: the daemon is a new process in a session of its own, and the one that was called waits until it serves. Node
 * cannot fork, so the new process starts from the beginning and reports over a control channel; what goes wrong there is printed on
 * the standard error it shares with the caller until it is ready.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import type { Duplex, Writable } from 'node:stream';
import type { AskPassphrase } from '../tls/key-material.ts';
import { leaveHome } from './home.ts';

const VARIABLE = 'OVERCOAT_DETACHED';
const CONTROL = 3;
const INPUT = 4;
const READY = 'ready';
const ASK = 'ask ';

export interface Detached {
  /** Asks the caller's terminal; ours is gone. */
  readonly ask: AskPassphrase;
  /** Everything is bound and privileges are dropped: the caller may end, and standard error is let go. */
  ready(): Promise<void>;
}

/** @returns undefined in the process that was called; looks once and removes the trace from the environment. */
export function detachedFromCaller(environment: NodeJS.ProcessEnv = process.env): Detached | undefined {
  if (environment[VARIABLE] !== String(process.ppid)) return undefined;
  delete environment[VARIABLE];
  return { ask: askCaller, ready: letGo };
}

/** The descriptor at which the detached process finds `input` of `startDetached`. */
export const DETACHED_INPUT = INPUT;

export interface DetachOptions {
  /** Arguments of the new process, beginning with the script. */
  readonly argv: readonly string[];
  /** Bytes for it to read at descriptor `DETACHED_INPUT`. */
  readonly input: string | undefined;
  readonly ask: AskPassphrase;
  /** Added to the environment of the new process. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Starts the daemon proper and waits until it serves. @returns the exit code for the caller: 0, or 1 when it ended instead. */
export function startDetached({ argv, input, ask, environment }: DetachOptions): Promise<0 | 1> {
  const child = spawn(process.execPath, [...process.execArgv, ...argv], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'pipe', input === undefined ? 'ignore' : 'pipe'],
    env: { ...process.env, ...environment, [VARIABLE]: String(process.pid) },
  });
  if (input !== undefined) (child.stdio[INPUT] as Writable).end(input);
  return new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', () => resolve(1));
    serveControl(child, ask, () => {
      child.unref();
      resolve(0);
    });
  });
}

function serveControl(child: ChildProcess, ask: AskPassphrase, ready: () => void): void {
  const control = child.stdio[CONTROL] as Duplex;
  let text = '';
  control.setEncoding('utf8');
  control.on('error', () => undefined); // its end is reported by `exit`
  control.on('data', (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      if (line === READY) ready();
      else if (line.startsWith(ASK)) control.write(`${JSON.stringify(ask(JSON.parse(line.slice(ASK.length)) as string) ?? null)}\n`);
    }
  });
}

function askCaller(keyFile: string): string | undefined {
  writeSync(CONTROL, `${ASK}${JSON.stringify(keyFile)}\n`);
  const bytes: number[] = [];
  const byte = new Uint8Array(1);
  while (readSync(CONTROL, byte) === 1 && byte[0] !== 0x0a) bytes.push(byte[0] as number);
  const answer = JSON.parse(Buffer.from(bytes).toString('utf8') || 'null') as string | null;
  return answer ?? undefined;
}

async function letGo(): Promise<void> {
  const { duplicateTo, libcAvailable } = await import('../linux/libc.ts');
  try {
    writeSync(CONTROL, `${READY}\n`);
  } catch {
    // The caller was killed while it waited.
  }
  closeSync(CONTROL);
  leaveHome();
  if (!libcAvailable()) return;
  const nowhere = openSync('/dev/null', 'w');
  duplicateTo(nowhere, 2);
  closeSync(nowhere);
}
