/**
 * `overcoat upgrade`: starts what the program file is by now in the place of this process, with our sockets, and waits until it serves.
 * It reads the configuration as a start does. As long as it does not serve, nothing changes here; what it is told by us stands in
 * `SuccessorRecord`, which both versions have to understand.
 */
import { spawn } from 'node:child_process';
import type { Duplex, Writable } from 'node:stream';
import { successorCommand } from '../../self.ts';
import type { AskPassphrase } from '../../tls/material/key-material.ts';
import { answerQuestion, giveInput, hearLines } from '../process/start-channel.ts';
import { inStartFolder } from '../process/start-folder.ts';
import type { ProcessIdentity } from '../watch/reached-processes.ts';
import type { Passed } from './passed-sockets.ts';

/** In the environment of the new process: who started it, and how many sockets it has from descriptor 3 on. */
export const SUCCESSOR_VARIABLE = 'OVERCOAT_SUCCESSOR';
export const FIRST_DESCRIPTOR = 3;
/** Raised when a member of `SuccessorRecord` changes its meaning; members that a reader does not know are nothing to it. */
export const RECORD_FORMAT = 1;
export const READY = 'ready ';
export const FAILED = 'failed ';
export const SIGNAL = 'signal ';

/** A new process that takes longer is ended. Less than a control socket may be silent, or nobody would be told. */
const START_WITHIN_MS = 50_000;

/** The first line the new process reads. */
export interface SuccessorRecord {
  readonly format: number;
  /** Descriptors are those of the new process. */
  readonly passed: readonly Passed[];
  /** Started by a service manager. */
  readonly managed: boolean;
  /** In a session of its own, with / as its folder. */
  readonly background: boolean;
  /** Services that accept nobody because somebody said so. */
  readonly drained: readonly string[];
  /** Who has connections still, and may give the new process no orders; a version that does not know this says nothing. */
  readonly reached?: readonly ProcessIdentity[];
}

/** How this process is started once more. */
export interface Again {
  /** @param inputAt where the new process finds `input` */
  readonly args: (inputAt: number) => readonly string[];
  /** What it reads there; undefined: nothing. */
  readonly input: string | undefined;
  /** Added to its environment. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface SuccessorOptions {
  readonly again: Again;
  readonly ask: AskPassphrase;
  readonly record: Omit<SuccessorRecord, 'format'>;
  /** Ends the new process as long as it does not serve. */
  readonly cancelled: AbortSignal;
  /** Takes away what a new process that has ended may have left. */
  readonly clear: (pid: number) => Promise<void>;
}

/** The process that serves now. */
export interface Successor {
  readonly version: string;
  readonly pid: number;
  /** It is the one from here on, and says so to whoever manages it. */
  go(): void;
  /** Passes a signal on that came to us. */
  signal(name: string): void;
  /** Its exit code; 1 where a signal ended it. */
  readonly ended: Promise<number>;
}

/** @returns why it does not serve, where it does not: it is gone then */
export function startSuccessor({ again, ask, record, cancelled, clear }: SuccessorOptions): Promise<Successor | readonly string[]> {
  const sockets = record.passed.flatMap((each) => each.sockets.flatMap(({ descriptors }) => descriptors));
  const control = FIRST_DESCRIPTOR + sockets.length;
  const [program, ...words] = successorCommand(...again.args(control + 1));
  const child = inStartFolder(() =>
    spawn(program, words, {
      detached: record.background,
      stdio: ['inherit', 'inherit', 'inherit', ...sockets, 'pipe', again.input === undefined ? 'ignore' : 'pipe'],
      env: { ...process.env, ...again.environment, [SUCCESSOR_VARIABLE]: `${process.pid}:${sockets.length}` },
    }),
  );
  const channel = child.stdio[control] as Duplex | undefined;
  if (channel === undefined) return new Promise((resolve) => child.once('error', ({ message }) => resolve([`${program}: ${message}`])));
  if (again.input !== undefined) giveInput(child.stdio[control + 1] as Writable, again.input);
  channel.write(`${JSON.stringify({ ...renumbered(record), format: RECORD_FORMAT } satisfies SuccessorRecord)}\n`);
  const { promise: ended, resolve: end } = Promise.withResolvers<number>();
  return new Promise((resolve) => {
    let why: readonly string[] | undefined;
    const kill = (text: string): void => {
      why = [text];
      child.kill('SIGKILL');
    };
    const timer = setTimeout(
      () => kill(`The new process did not serve within ${START_WITHIN_MS / 1000} seconds and was ended`),
      START_WITHIN_MS,
    );
    const cancel = (): void => kill('This process ends, and the new one with it');
    cancelled.addEventListener('abort', cancel);
    const settle = (result: Successor | readonly string[]): void => {
      clearTimeout(timer);
      cancelled.removeEventListener('abort', cancel);
      resolve(result);
    };
    const fail = (text: string): void => settle(why ?? [text]);
    child.once('error', ({ message }) => fail(`${program}: ${message}`));
    child.once('close', (code, signal) => {
      end(code ?? 1);
      const how = signal ?? `exit code ${code}`;
      const cleared = child.pid === undefined ? Promise.resolve() : clear(child.pid);
      void cleared.then(() =>
        fail(`The new process ended before it served (${how}); \`${program} --version\` shows whether its file runs`),
      );
    });
    hearLines(channel, (line) => {
      if (answerQuestion(line, channel, ask)) return;
      if (line.startsWith(FAILED)) why = JSON.parse(line.slice(FAILED.length)) as readonly string[];
      if (!line.startsWith(READY)) return;
      settle({
        version: line.slice(READY.length),
        pid: child.pid as number,
        go: () => void channel.write('go\n'),
        signal: (name) => void channel.write(`${SIGNAL}${name}\n`),
        ended,
      });
    });
  });
}

/** The descriptors as the new process has them, in the order they are handed over. */
function renumbered(record: SuccessorOptions['record']): SuccessorOptions['record'] {
  let next = FIRST_DESCRIPTOR;
  const passed = record.passed.map((each) => ({
    ...each,
    sockets: each.sockets.map((socket) => ({ ...socket, descriptors: socket.descriptors.map(() => next++) })),
  }));
  return { ...record, passed };
}
