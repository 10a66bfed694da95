/** The process before, as the one sees it that was started in its place (`successor.ts`). */
import { Socket } from 'node:net';
import { OvercoatError } from '../../errors.ts';
import { overcoatVersion } from '../../self.ts';
import type { AskPassphrase } from '../../tls/material/key-material.ts';
import { ownSockets } from '../process/inherited-sockets.ts';
import { askStarter, hearLines, sayLine, waitForLine } from '../process/start-channel.ts';
import { leaveStartFolder } from '../process/start-folder.ts';
import { PassedSockets } from './passed-sockets.ts';
import type { SuccessorRecord } from './successor.ts';
import { FAILED, FIRST_DESCRIPTOR, READY, RECORD_FORMAT, SIGNAL, SUCCESSOR_VARIABLE } from './successor.ts';

export interface Predecessor extends Pick<SuccessorRecord, 'managed' | 'background' | 'drained' | 'reached'> {
  readonly passed: PassedSockets;
  /** What was asked at the first start is answered from memory. */
  readonly ask: AskPassphrase;
  /** Everything serves: the process before lets go, and has said so to whoever manages us when this resolves. */
  ready(): Promise<void>;
  /** The start has failed; each line says one thing. */
  failed(lines: readonly string[]): void;
  /** Signals that came to the process before, which whoever started it still takes for us. */
  onSignal(take: (signal: NodeJS.Signals) => void): void;
}

/**
 * @returns undefined where nobody is to be replaced; looks once and removes the trace from the environment
 * @throws OvercoatError `start_process` where that process is of a version that cannot be understood
 */
export function findPredecessor(environment: NodeJS.ProcessEnv = process.env): Predecessor | undefined {
  const [starter, count] = (environment[SUCCESSOR_VARIABLE] ?? '').split(':');
  delete environment[SUCCESSOR_VARIABLE];
  if (starter !== String(process.ppid)) return undefined;
  const control = FIRST_DESCRIPTOR + ownSockets(Number(count) + 1).length - 1; // closed in what we start, as the sockets are
  const { format, passed, managed, background, drained, reached = [] } = JSON.parse(waitForLine(control)) as SuccessorRecord;
  const say = (line: string): void => {
    try {
      sayLine(control, line);
    } catch {
      // It was ended while it waited: what it had is ours all the same.
    }
  };
  if (format !== RECORD_FORMAT) {
    const text = `The process before hands over in format ${format}, this version takes ${RECORD_FORMAT}: restart it instead`;
    say(`${FAILED}${JSON.stringify([text])}`);
    throw new OvercoatError('start_process', text);
  }
  let early: readonly string[] = [];
  return {
    passed: new PassedSockets(passed),
    managed,
    background,
    drained,
    reached,
    ask: (keyFile) => askStarter(control, keyFile),
    ready: async () => {
      if (background) leaveStartFolder();
      say(`${READY}${overcoatVersion()}`);
      [, ...early] = waitForLine(control).split('\n');
    },
    failed: (lines) => say(`${FAILED}${JSON.stringify(lines)}`),
    onSignal: (take) => {
      const hear = (line: string): void => {
        if (line.startsWith(SIGNAL)) take(line.slice(SIGNAL.length) as NodeJS.Signals);
      };
      for (const line of early) hear(line);
      hearLines(new Socket({ fd: control }).unref(), hear);
    },
  };
}
