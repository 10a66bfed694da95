/**
 * Preloaded into every process of a daemon under test (`--import`): breaks a worker when the test says so. The test writes the name of
 * a fault to the Unix socket `PATH.PID`, PATH being what FAULTS_AT names; the program itself knows nothing of it.
 */
import { writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { serialize } from 'node:v8';
import { INHERITED } from '../../../src/daemon/workers/inherited.ts';

/** By its own code, by the runtime, by a crash in C as the kernel reports it, by somebody else; `questions`: it asks what no worker does;
 * `garbage`, `endless`: it says what is no message, and begins one that would never end. */
export type Fault = 'questions' | 'garbage' | 'endless' | 'exception' | 'stall' | 'stack' | 'heap' | 'abort' | 'segv' | 'kill';

/** The variable with the path of the sockets. */
export const FAULTS_AT = 'OVERCOAT_TEST_FAULTS_AT';

/** How long `stall` takes before it throws. */
const STALL_MS = 400;

const faults: Readonly<Record<Fault, () => void>> = {
  questions: () => {
    for (const question of [null, {}, { kind: 'read-desk', question: { ask: 'status' } }, { kind: 'keep-session', cache: 'x' }])
      say(serialize({ kind: 'question', id: 1_000_000, question }));
  },
  garbage: () => say(Buffer.of(1, 2, 3, 4)),
  endless: () => say(Buffer.of(1, 2, 3, 4), 0xffff_ffff),
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

/** One write, so that it stands between messages of the process itself. */
function say(body: Buffer, length = body.length): void {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(length);
  writeSync(INHERITED.channel, Buffer.concat([header, body]));
}

const path = process.env[FAULTS_AT];
if (path !== undefined) {
  createServer((socket) => {
    socket.setEncoding('utf8').on('data', (fault: string) => setImmediate(faults[fault as Fault]));
  })
    .listen(`${path}.${process.pid}`)
    .unref();
}
