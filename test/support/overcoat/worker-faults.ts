/**
 * Preloaded into every process of a daemon under test (`--import`): breaks a worker when the test says so. The test writes the name of
 * a fault to the Unix socket `PATH.PID`, PATH being what FAULTS_AT names; the program itself knows nothing of it.
 */
import { createServer } from 'node:net';

/** By its own code, by the runtime, by a crash in C as the kernel reports it, by somebody else; `questions`: it asks what no worker does. */
export type Fault = 'questions' | 'exception' | 'stall' | 'stack' | 'heap' | 'abort' | 'segv' | 'kill';

/** The variable with the path of the sockets. */
export const FAULTS_AT = 'OVERCOAT_TEST_FAULTS_AT';

/** How long `stall` takes before it throws. */
const STALL_MS = 400;

const faults: Readonly<Record<Fault, () => void>> = {
  questions: () => {
    for (const question of [null, {}, { kind: 'read-desk', question: { ask: 'status' } }, { kind: 'keep-session', cache: 'x' }])
      process.send?.({ kind: 'question', id: 1_000_000, question });
  },
  exception: () => {
    throw new Error('injected');
  },
  stall: () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STALL_MS);
    throw new Error('injected');
  },
  heap: () => {
    const kept: unknown[] = [];
    for (;;) kept.push(Array.from({ length: 1000 }, () => ({ kept })));
  },
  stack: () => {
    const deeper = (): number => deeper() + 1;
    deeper();
  },
  abort: () => void process.kill(process.pid, 'SIGABRT'),
  segv: () => void process.kill(process.pid, 'SIGSEGV'),
  kill: () => void process.kill(process.pid, 'SIGKILL'),
};

const path = process.env[FAULTS_AT];
if (path !== undefined) {
  createServer((socket) => {
    socket.setEncoding('utf8').on('data', (fault: string) => setImmediate(faults[fault as Fault]));
  })
    .listen(`${path}.${process.pid}`)
    .unref();
}
