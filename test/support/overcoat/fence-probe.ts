/**
 * Preloaded into every process of a daemon under test (`--import`): tries what a fence forbids when the test says so, by a call of its
 * main thread and by one of the thread pool. It is reached over the Unix socket that PROBE_AT names, where the test listens; the program
 * itself knows nothing of it.
 */
import { chmodSync, closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { MessageChannel } from '../../../src/daemon/workers/message-channel.ts';
import { requirePackage } from '../../../src/self.ts';

/** The variable with the path of the socket. */
export const PROBE_AT = 'OVERCOAT_TEST_PROBE_AT';

/**
 * What is tried, of what: a path, a port of 127.0.0.1, a process. `fastopen` connects by sending, `mptcp` by MPTCP; `raw` and `rules` make sockets
 * that see packets and rules of the firewall; `limit` and `nice` are of another process; `segment` is memory of System V; `namespace` is a thread's;
 * `type` puts a letter into a terminal; `shrink` is about the memory that all processes of the daemon share. `unix` and `pair` make Unix sockets; `control` asks for a reload at a control socket;
 * `programs` asks for so many more of the program that was asked for last.
 */
export interface Attempt {
  readonly what:
    | 'read'
    | 'write'
    | 'connect'
    | 'bind'
    | 'mode'
    | 'fastopen'
    | 'mptcp'
    | 'raw'
    | 'rules'
    | 'limit'
    | 'nice'
    | 'segment'
    | 'namespace'
    | 'type'
    | 'shrink'
    | 'fork'
    | 'ptrace'
    | 'io_uring'
    | 'unix'
    | 'pair'
    | 'control'
    | 'programs'
    | 'abort';
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
const sendCall = libc.func('long sendto(int, const uint8_t *, size_t, int, const uint8_t *, uint32_t)');
const socketCall = libc.func('int socket(int, int, int)');
const pairCall = libc.func('int socketpair(int, int, int, uint8_t *)');
const CALLS = {
  connect: libc.func('int connect(int, const uint8_t *, uint32_t)'),
  bind: libc.func('int bind(int, const uint8_t *, uint32_t)'),
} as const;
const AF_INET = 2;
const AF_NETLINK = 16;
const MSG_FASTOPEN = 0x2000_0000;
/** Numbers on x86-64 and arm64, and what is given. None has a victim where it is let through, or is refused for another reason then. */
const BARE: Readonly<Record<string, readonly [x64: number, arm64: number, given: (of: number) => readonly number[]]>> = {
  fork: [56, 220, () => [17 /* SIGCHLD */]],
  ptrace: [101, 117, () => [0 /* PTRACE_TRACEME */]],
  io_uring: [425, 425, () => [1]],
  raw: [41, 198, () => [AF_INET, 3, 6]],
  rules: [41, 198, () => [AF_NETLINK, 3, 12]],
  limit: [302, 261, (pid) => [pid, 7]],
  nice: [141, 140, (pid) => [0, pid, 0]],
  segment: [29, 194, () => [0, 4096, 0o600]],
  namespace: [56, 220, () => [0x4000_0000 + 0x1_0000 /* CLONE_NEWNET, CLONE_THREAD */]],
  type: [16, 29, () => [2, 0x5412]],
  shrink: [77, 46, () => [4, 0]],
};

function named(result: number, errno: number): Outcome {
  const known: Readonly<Record<number, string>> = {
    1: 'EPERM',
    13: 'EACCES',
    93: 'EPROTONOSUPPORT',
    97: 'EAFNOSUPPORT',
    111: 'ECONNREFUSED',
  };
  return result === -1 ? (known[errno] ?? String(errno)) : 'done';
}

function made(fd: number): Outcome {
  if (fd >= 0) closeSync(fd);
  return named(fd, koffi.errno());
}

/** What a control socket answers, or `refused` where it says nothing. */
function orderReload(path: string): Promise<Outcome> {
  return new Promise((resolve) => {
    let said = '';
    const socket = connect(path).setEncoding('latin1');
    socket.on('data', (text: string) => {
      said += text;
      if (said.includes('\r\n')) socket.destroy();
    });
    socket.on('error', () => undefined).on('close', () => resolve(said.split('\r\n')[0] || 'refused'));
    socket.write('POST /api/v1/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n');
  });
}

/** What the supervisor was asked for last, and over which channel. */
let lastProgram: { readonly channel: MessageChannel; readonly message: object } | undefined;
const sendBefore = MessageChannel.prototype.send;
MessageChannel.prototype.send = function send(this: MessageChannel, message, sent): void {
  if ((message as { readonly kind?: string }).kind === 'start-program') lastProgram = { channel: this, message: message as object };
  sendBefore.call(this, message, sent);
};
/** Of no request of the worker's own. */
const FIRST_ID = 1_000_000;

/** `STARTED started, REFUSED refused`. */
function askForPrograms(count: number): Promise<Outcome> {
  const counts = new Map([
    ['program-started', 0],
    ['program-failed', 0],
  ]);
  return new Promise((resolve) => {
    lastProgram?.channel.on('message', (heard) => {
      const { kind, id } = heard as { readonly kind: string; readonly id: number };
      const known = counts.get(kind);
      if (known === undefined || id < FIRST_ID) return;
      counts.set(kind, known + 1);
      const [started = 0, refused = 0] = counts.values();
      if (started + refused === count) resolve(`${started} started, ${refused} refused`);
    });
    for (let id = FIRST_ID; id < FIRST_ID + count; id += 1) lastProgram?.channel.send({ ...lastProgram.message, id });
  });
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
    if (what === 'control') return await orderReload(String(of));
    if (what === 'programs') return await askForPrograms(Number(of));
    if (what === 'abort') {
      writeSync(2, 'epoll_create1: Operation not permitted\n');
      process.kill(process.pid, 'SIGABRT');
      return 'done';
    }
    if (what === 'unix') return made(Number(socketCall(1, 1, 0)));
    if (what === 'pair') {
      const ends = new Int32Array(2);
      const result = Number(pairCall(1, 2, 0, new Uint8Array(ends.buffer)));
      return result === -1 ? named(result, koffi.errno()) : [...ends].map(made).join();
    }
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
    if (what === 'mode') {
      if (from === 'main') chmodSync(String(of), 0o600);
      else await chmod(String(of), 0o600);
      return 'done';
    }
    if (what === 'connect' || what === 'bind' || what === 'fastopen' || what === 'mptcp') {
      const fd = Number(socketCall(AF_INET, 1, what === 'mptcp' ? 262 : 0));
      if (fd < 0) return named(fd, koffi.errno());
      const result =
        what === 'fastopen'
          ? await called(sendCall, from, fd, new Uint8Array(1), 1, MSG_FASTOPEN, address(Number(of)), 16)
          : await called(CALLS[what === 'bind' ? 'bind' : 'connect'], from, fd, address(Number(of)), 16);
      closeSync(fd);
      return result;
    }
    const [x64, arm64, given] = BARE[what] as NonNullable<(typeof BARE)[string]>;
    const [first = 0, second = 0, third = 0] = given(Number(of));
    return await called(numbers, from, process.arch === 'x64' ? x64 : arm64, first, second, third, 0);
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
