/**
 * Preloaded into every thread of a daemon under test (`--import`): breaks a worker when the test says so. The test writes lines
 * `FAULT THREAD` to the Unix socket that FAULTS_AT names; the program itself knows nothing of it.
 */
import { createServer } from 'node:net';
import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads';

export type Fault = 'exception' | 'stall' | 'heap' | 'stack';

/** The variable with the path of the socket. */
export const FAULTS_AT = 'OVERCOAT_TEST_FAULTS_AT';

/** How long `stall` takes before it throws. */
const STALL_MS = 400;

interface Message {
  readonly data: { readonly fault: Fault; readonly thread: number };
}

const faults: Readonly<Record<Fault, () => void>> = {
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
};

const path = process.env[FAULTS_AT];
if (path !== undefined) {
  const channel = new BroadcastChannel('faults');
  channel.unref();
  if (isMainThread) {
    createServer((socket) => {
      socket.setEncoding('utf8').on('data', (text: string) => {
        const [fault, thread] = text.trim().split(' ');
        channel.postMessage({ fault, thread: Number(thread) });
      });
    })
      .listen(path)
      .unref();
  } else {
    channel.onmessage = (message) => {
      const { fault, thread } = (message as Message).data;
      if (thread === threadId) setImmediate(faults[fault]);
    };
  }
}
