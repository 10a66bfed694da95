/**
 * Preloaded into every process of a daemon under test (`--import`): tries what a fence forbids when the test says so, by a call of its
 * main thread and by one of the thread pool. It is reached over the Unix socket that PROBE_AT names, where the test listens; the program
 * itself knows nothing of it.
 */
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { requirePackage } from '../../../src/self.ts';

/** The variable with the path of the socket. */
export const PROBE_AT = 'OVERCOAT_TEST_PROBE_AT';

/** What is tried, of what: a path, or a port of 127.0.0.1. */
export interface Attempt {
  readonly what: 'read' | 'write' | 'connect' | 'bind' | 'fork' | 'ptrace' | 'io_uring' | 'none';
  readonly of?: string | number;
  readonly from: 'main' | 'pool';
}

/** Ends the attempt: `done`, or the name of an error. */
type Outcome = string;

/** As much of the binding as is used here: `async` calls from a thread of the pool. */
interface Call {
  (...given: readonly unknown[]): unknown;
  async(...given: readonly unknown[]): void;
}
interface Binding {
  load(path: null): { func(prototype: string): Call };
  errno(): number;
}

const koffi = requirePackage('koffi') as Binding;
const libc = koffi.load(null);
const numbers = libc.func('long syscall(long, long, long, long, long)');
const socketCall = libc.func('int socket(int, int, int)');
const CALLS = {
  connect: libc.func('int connect(int, const uint8_t *, uint32_t)'),
  bind: libc.func('int bind(int, const uint8_t *, uint32_t)'),
} as const;
/** Numbers on x86-64 and arm64. PTRACE_TRACEME has no victim, a ring without parameters is EFAULT. */
const BARE: Readonly<Record<string, readonly [x64: number, arm64: number, argument: number]>> = {
  fork: [56, 220, 17 /* clone(SIGCHLD) */],
  ptrace: [101, 117, 0],
  io_uring: [425, 425, 1],
};

function named(result: number, errno: number): Outcome {
  const known: Readonly<Record<number, string>> = { 1: 'EPERM', 13: 'EACCES', 111: 'ECONNREFUSED' };
  return result === -1 ? (known[errno] ?? String(errno)) : 'done';
}

/** errno belongs to a thread: of the pool it is told by what the call returns only. */
async function called(call: Call, from: Attempt['from'], ...given: readonly unknown[]): Promise<Outcome> {
  if (from === 'main') return named(Number(call(...given)), koffi.errno());
  const result = await new Promise<number>((resolve, reject) =>
    call.async(...given, (error: Error | null, found: number | bigint) => (error === null ? resolve(Number(found)) : reject(error))),
  );
  return result === -1 ? 'refused' : 'done';
}

function address(port: number): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(16));
  bytes.setUint16(0, 2, true);
  bytes.setUint16(2, port);
  bytes.setUint32(4, 0x7f00_0001);
  return new Uint8Array(bytes.buffer);
}

async function attempt({ what, of, from }: Attempt): Promise<Outcome> {
  try {
    if (what === 'none') return 'done';
    if (what === 'read') {
      if (from === 'main') readFileSync(String(of));
      else await readFile(String(of));
      return 'done';
    }
    if (what === 'write') {
      if (from === 'main') writeFileSync(String(of), 'x');
      else await writeFile(String(of), 'x');
      return 'done';
    }
    if (what === 'connect' || what === 'bind') {
      const fd = Number(socketCall(2, 1, 0));
      const result = await called(CALLS[what], from, fd, address(Number(of)), 16);
      closeSync(fd);
      return result;
    }
    const [x64, arm64, argument] = BARE[what] as readonly [number, number, number];
    return await called(numbers, from, process.arch === 'x64' ? x64 : arm64, argument, 0, 0, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

const path = process.env[PROBE_AT];
// What becomes a worker has the fence in its environment still.
if (path !== undefined && process.env['OVERCOAT_FENCE'] === undefined) {
  closeSync(openSync('/dev/null', 'r+'));
  const socket = connect(path).on('error', () => undefined);
  socket.write(`${JSON.stringify({ pid: process.pid })}\n`);
  socket.setEncoding('utf8').on('data', (text: string) => {
    void attempt(JSON.parse(text) as Attempt).then((outcome) => socket.write(`${JSON.stringify({ outcome })}\n`));
  });
  socket.unref();
}
