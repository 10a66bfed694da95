/**
 * Several workers: one that ends takes only its own connections along and is replaced, whatever ended it; what waits in its queue is
 * served by the next; the log reads as if there were one process.
 */
// Tests: src/connection/accept/shared-binding.ts, src/daemon/workers/, src/linux/sockets/descriptor-passing.ts, src/openssl/sessions/shared-sessions.ts
// Tests: src/linux/process/shared-memory.ts
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { eventually, within } from '../support/eventually.ts';
import { dial, echoServer, ending, listen, pattern, readExactly } from '../support/net/tcp.ts';
import { dialTls, listenTls } from '../support/net/tls.ts';
import type { Options } from '../support/overcoat/config-text.ts';
import { clientSection, optionLines, serverSection } from '../support/overcoat/config-text.ts';
import type { Daemon } from '../support/overcoat/daemon.ts';
import { runOvercoat, startDaemon } from '../support/overcoat/daemon.ts';
import type { Fault } from '../support/overcoat/worker-faults.ts';
import { FAULTS_AT } from '../support/overcoat/worker-faults.ts';
import { requires } from '../support/requirements.ts';
import { tempFolder } from '../support/temp.ts';

const PRELOAD = join(import.meta.dirname, '../support/overcoat/worker-faults.ts');
const STREAMS_EACH = 50;

interface World {
  readonly daemon: Daemon;
  readonly port: number;
  /** A client, with TLS where the service is a server's. */
  readonly call: () => Promise<Socket>;
  /** How the upstream's connections ended so far. */
  readonly upstreamEnds: readonly string[];
  /** Breaks the worker with this process id. */
  fault(kind: Fault, worker: number): Promise<void>;
}

type Mode = 'client' | 'server';

/** A service to a server that echoes; connections carry the process id of their worker in the log. */
async function start(t: TestContext, globals: Options = {}, mode: Mode = 'client', more = ''): Promise<World> {
  const upstreamEnds: string[] = [];
  const echo = (socket: Socket): void => {
    void socket.pipe(socket);
    void ending(socket).then((end) => upstreamEnds.push(end));
  };
  const upstream = await (mode === 'client' ? listenTls(t, {}, echo) : listen(t, echo));
  const section = mode === 'client' ? clientSection : serverSection;
  const path = join(tempFolder(t), 'faults');
  const daemon = await startDaemon(t, {
    config: optionLines({ workers: 2, ...globals }) + section('svc', { connect: upstream.port, logId: 'process' }) + more,
    nodeOptions: ['--import', PRELOAD, '--max-old-space-size=64'],
    env: { [FAULTS_AT]: path },
  });
  await daemon.line('A spare worker is ready');
  daemon.takeBaseline();
  const fault = async (kind: Fault, worker: number): Promise<void> => {
    const control = connect(`${path}.${worker}`);
    await once(control, 'connect');
    control.on('error', () => undefined).end(kind);
  };
  const port = await daemon.port('svc');
  const call = (): Promise<Socket> => (mode === 'client' ? dial(t, port) : dialTls(t, port, { rejectUnauthorized: false }));
  return { daemon, port, call, upstreamEnds, fault };
}

interface Stream {
  readonly socket: Socket;
  readonly worker: number;
}

/** A connection with the worker that serves it. */
async function open({ daemon, call }: World): Promise<Stream> {
  const socket = await call();
  const line = await daemon.line(new RegExp(`accepted connection from 127\\.0\\.0\\.1:${socket.localPort}$`));
  return { socket, worker: workerOf(line) };
}

function workerOf(line: string): number {
  return Number(/LOG\d\[(\d+)\]/.exec(line)?.[1]);
}

async function echoes({ socket }: Stream, seed: number): Promise<void> {
  const bytes = pattern(seed);
  socket.write(bytes);
  assert.ok((await readExactly(socket, bytes.length)).equals(bytes), 'what comes back is what was sent');
}

/** At least so many streams on each of two workers. */
async function streamsOnBoth(world: World): Promise<Map<number, Stream[]>> {
  const byWorker = new Map<number, Stream[]>();
  while (byWorker.size < 2 || [...byWorker.values()].some((streams) => streams.length < STREAMS_EACH)) {
    for (const stream of await Promise.all(Array.from({ length: 10 }, () => open(world)))) {
      byWorker.set(stream.worker, [...(byWorker.get(stream.worker) ?? []), stream]);
    }
  }
  assert.equal(byWorker.size, 2);
  return byWorker;
}

/**
 * Clients that keep coming: the port refuses none. One whom the worker accepted just before its end is reset, all others are served.
 * @returns how many were served
 */
async function arriveUntil({ call }: World, event: Promise<unknown>): Promise<number> {
  let over = false;
  void event.then(() => {
    over = true;
  });
  let served = 0;
  for (let seed = 1; !over || served === 0; seed += 1) {
    const socket = await call().catch(wasReset); // rejects where the port refuses
    if (socket === undefined) continue;
    const ended = ending(socket);
    const bytes = pattern(seed);
    let back = 0;
    const whole = new Promise((resolve) =>
      socket.on('data', (chunk) => {
        back += chunk.length;
        if (back === bytes.length) resolve('served');
      }),
    );
    socket.write(bytes);
    const outcome = await Promise.race([whole, ended]);
    assert.ok(outcome === 'served' || outcome === 'ECONNRESET', String(outcome));
    if (outcome === 'served') served += 1;
    socket.destroy();
  }
  return served;
}

/** A handshake that the worker's end cut off. */
function wasReset(cause: NodeJS.ErrnoException): undefined {
  if (cause.code !== 'ECONNRESET') throw cause;
}

/** A connection that a worker outside `known` serves; the workers choose, so it may take several. */
function newcomer(world: World, known: ReadonlySet<number>): Promise<Stream> {
  return eventually('a new worker accepts', async () => {
    const stream = await open(world);
    if (known.has(stream.worker)) stream.socket.destroy();
    return known.has(stream.worker) ? undefined : stream;
  });
}

suite('a worker that ends', { skip: requires({ checkout: true }) }, () => {
  for (const [fault, why, mode] of [
    ['exception', 'uncaught exception: injected', 'client'],
    ['exception', 'uncaught exception: injected', 'server'],
    ['stack', 'uncaught exception: Maximum call stack size exceeded', 'client'],
    ['heap', 'heap limit reached', 'client'],
    ['abort', 'signal SIGABRT', 'client'],
    ['segv', 'signal SIGSEGV', 'client'],
    ['segv', 'signal SIGSEGV', 'server'],
    ['kill', 'signal SIGKILL', 'client'],
    ['kill', 'signal SIGKILL', 'server'],
  ] as const) {
    test(`by ${fault} is replaced; the others do not notice (${mode} mode)`, async (t) => {
      const world = await start(t, {}, mode);
      const byWorker = await streamsOnBoth(world);
      const [[victim, lost], [, kept]] = [...byWorker] as [[number, Stream[]], [number, Stream[]]];
      await Promise.all([...lost, ...kept].map((stream, index) => echoes(stream, index)));
      const ends = Promise.all(lost.map(({ socket }) => ending(socket)));
      await world.fault(fault, victim);
      const arrivals = arriveUntil(world, world.daemon.line(/LOG5\[main\]: Worker \d replaced after/));
      await Promise.all(kept.map((stream, index) => echoes(stream, 1000 + index)));
      const line = await world.daemon.line(/LOG2\[main\]: Worker \d ended: /);
      assert.ok(line.endsWith(`ended: ${why}; ${lost.length} connection(s) lost`), line);
      const replaced = /replaced after (\d+) ms/.exec(await world.daemon.line(/LOG5\[main\]: Worker \d replaced after/));
      assert.ok(Number(replaced?.[1]) < 1000, String(replaced?.[0]));
      assert.ok((await arrivals) > 0);
      for (const end of await ends) assert.equal(end, 'ECONNRESET', 'a cut stream is not a finished one');
      // those that arrived meanwhile end in order
      await eventually('on the other leg neither', () => world.upstreamEnds.filter((end) => end === 'ECONNRESET').length >= lost.length);
      const fresh = await newcomer(world, new Set(byWorker.keys()));
      await echoes(fresh, 7);
      await Promise.all(kept.map((stream, index) => echoes(stream, 2000 + index)));
      for (const { socket } of [...kept, fresh]) socket.destroy();
      await world.daemon.stop();
    });
  }

  test('leaves nobody behind who waits in its queue', async (t) => {
    const world = await start(t);
    const byWorker = await streamsOnBoth(world);
    for (const streams of byWorker.values()) for (const { socket } of streams) socket.destroy();
    const [victim = 0] = byWorker.keys();
    await world.fault('stall', victim); // accepts nobody, and then ends
    const waiting = await Promise.all(Array.from({ length: 100 }, () => dial(t, world.port)));
    const ports = waiting.map(({ localPort }) => localPort);
    const served = await Promise.all(
      waiting.map(async (socket, index) => {
        await echoes({ socket, worker: 0 }, index).catch(() => undefined);
        return workerOf(await world.daemon.line(new RegExp(`accepted connection from 127\\.0\\.0\\.1:${ports[index]}$`)));
      }),
    );
    await world.daemon.line(/Worker \d replaced/);
    assert.ok(new Set(served).size >= 2, 'also those of the worker that ended');
    for (const socket of waiting) socket.destroy();
    await world.daemon.stop();
  });

  test('again and again is waited for longer and longer', async (t) => {
    const world = await start(t);
    const byWorker = await streamsOnBoth(world);
    const known = new Set(byWorker.keys());
    const [[victim], [, kept]] = [...byWorker] as [[number, Stream[]], [number, Stream[]]];
    let next = victim;
    for (const wait of ['lost$', 'lost; it ended before, so the next one begins in 500 ms$', 'lost; .* in 1000 ms$']) {
      const from = world.daemon.lines.length;
      await world.fault('exception', next);
      await world.daemon.line(new RegExp(`LOG2\\[main\\]: Worker \\d ended: .*${wait}`), { from });
      await world.daemon.line(/Worker \d replaced after/, { from });
      next = (await newcomer(world, known)).worker;
      known.add(next);
    }
    await Promise.all(kept.map((stream, index) => echoes(stream, index)));
    await world.daemon.stop({ signal: 'SIGINT', holding: true });
  });
});

test('in a jail the spare takes over once; when no worker can be made any more the process ends with code 1 and says so', {
  skip: requires({ root: true, linux: true }),
}, async (t) => {
  const world = await start(t, { chroot: tempFolder(t), setuid: 'nobody', setgid: 'nogroup' });
  const byWorker = await streamsOnBoth(world);
  const [first = 0, second = 0] = byWorker.keys();
  await world.fault('exception', first);
  await world.daemon.line(/Worker \d replaced after/);
  await world.daemon.line(/LOG4\[main\]: No spare worker can be made: /);
  await echoes(await newcomer(world, new Set(byWorker.keys())), 1);
  await world.fault('exception', second);
  await world.daemon.line(/LOG1\[main\]: Worker \d cannot be replaced: /);
  assert.equal((await world.daemon.program.finished).code, 1);
  world.daemon.assertNoDefect();
});

test('one that ends while everything is drained is replaced when its service is resumed', {
  skip: requires({ checkout: true }),
}, async (t) => {
  const control = join(tempFolder(t), 'control.sock');
  const world = await start(t, { control });
  const { worker, socket } = await open(world);
  socket.destroy();
  const order = async (...words: readonly string[]): Promise<void> => {
    const { code, stderr } = await runOvercoat(['drain', 'svc', ...words, '--control', control]);
    assert.equal(code, 0, stderr);
  };
  await order();
  await world.fault('kill', worker);
  await world.daemon.line(/LOG2\[main\]: Worker \d ended: signal SIGKILL/);
  await order('--resume');
  await world.daemon.line(/LOG5\[main\]: Worker \d replaced after/);
  const port = Number((await world.daemon.addresses('svc')).at(-1)?.split(':').at(-1));
  for (let seed = 1; seed < 20; seed += 1) {
    const stream = await open({ ...world, call: () => dial(t, port) }); // whichever queue it came into
    await echoes(stream, seed);
    stream.socket.destroy();
  }
  await world.daemon.stop();
});

test('a reload finds names also where all workers have ended while nothing was served', {
  skip: requires({ checkout: true }),
}, async (t) => {
  const control = join(tempFolder(t), 'control.sock');
  const world = await start(t, { control }, 'client', clientSection('named', { connect: 'localhost:1' }));
  const { daemon } = world;
  const workers = new Set<number>();
  await eventually('both workers have served', async () => {
    const { worker, socket } = await open(world);
    socket.destroy();
    return workers.add(worker).size === 2;
  });
  const order = async (...words: readonly string[]): Promise<void> => {
    const { code, stderr } = await runOvercoat([...words, '--control', control]);
    assert.equal(code, 0, stderr);
  };
  for (const service of ['svc', 'named']) await order('drain', service);
  for (const worker of workers) await world.fault('kill', worker);
  await eventually('both have ended', () => daemon.lines.filter((line) => /Worker \d ended: signal SIGKILL/.test(line)).length === 2);
  const from = daemon.lines.length;
  await order('reload');
  await daemon.line('Worker 1 replaced after', { from });
  assert.deepEqual(
    daemon.lines.slice(from).filter((line) => line.includes('Cannot resolve') || line.includes('no worker could')),
    [],
  );
  await daemon.stop();
});

test('lines of all workers are whole, and in order for each connection', async (t) => {
  const upstream = await listenTls(t, {}, (socket) => void socket.pipe(socket));
  const daemon = await startDaemon(t, {
    config: optionLines({ workers: 3 }) + clientSection('svc', { connect: upstream.port }),
  });
  const port = await daemon.port('svc');
  const connections = 300;
  let left = connections;
  const visit = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const socket = await dial(t, port);
      socket.end('hello');
      assert.equal((await readExactly(socket, 5)).toString(), 'hello');
      await ending(socket);
    }
  };
  await Promise.all(Array.from({ length: 10 }, visit));
  await daemon.stop();
  const byId = new Map<string, string[]>();
  for (const line of daemon.lines) {
    const found = /^\d{4}(?:\.\d\d){2} \d\d:\d\d:\d\d LOG\d\[(\w+)\]: (.+)$/.exec(line);
    assert.ok(found !== null, `whole: ${line}`);
    byId.set(found[1] ?? '', [...(byId.get(found[1] ?? '') ?? []), found[2] ?? '']);
  }
  for (let id = 0; id < connections; id += 1) {
    const lines = byId.get(String(id)) ?? [];
    assert.equal(lines[0], 'Service [svc] started', `connection ${id} begins once`);
    assert.match(lines[1] ?? '', /accepted connection from/);
    assert.match(lines.at(-2) ?? '', /^Connection closed: 5 byte\(s\) sent to TLS, 5 byte\(s\) sent to socket$/, `connection ${id} ends`);
    assert.match(lines.at(-1) ?? '', /^Service \[svc\] finished \(\d+ left\)$/);
    assert.equal(lines.filter((line) => line.includes('accepted connection')).length, 1);
  }
});

test('a ticket of one worker opens all', async (t) => {
  const { daemon, port } = await startServer(t);
  const first = await dialTls(t, port, { rejectUnauthorized: false });
  const got = once(first, 'session') as Promise<[Buffer]>;
  first.write('x');
  const [session] = await got;
  first.destroy();
  let refused = 0;
  await eventually('every worker was asked', async () => {
    const again = await dialTls(t, port, { rejectUnauthorized: false, session });
    const resumed = again.isSessionReused();
    again.destroy();
    refused += resumed ? 0 : 1;
    return new Set(workersOf(daemon)).size === 3;
  });
  assert.equal(refused, 0);
  await daemon.stop();
});

for (const [which, version] of [
  ['a session id', 'TLSv1.2'],
  ['a session of TLS 1.3 without tickets', 'TLSv1.3'],
] as const) {
  test(`${which} of one worker opens all`, async (t) => {
    const { daemon, port } = await startServer(t, { options: 'NO_TICKET', sslVersion: version });
    let session: Buffer | undefined;
    let visits = 0;
    const visit = async (): Promise<boolean> => {
      const socket = await dialTls(t, port, { rejectUnauthorized: false, ...(session === undefined ? {} : { session }) });
      socket.write('x');
      await within('the echo comes', once(socket, 'data'));
      session = socket.getSession();
      const resumed = socket.isSessionReused();
      socket.end();
      visits += 1;
      await eventually('the supervisor has heard of it', () => linesWith(daemon, 'TLS accepted') === visits);
      return resumed;
    };
    assert.equal(await visit(), false);
    let refused = 0;
    await eventually('every worker was asked', async () => {
      refused += (await visit()) ? 0 : 1;
      return new Set(workersOf(daemon)).size === 3;
    });
    assert.equal(refused, 0);
    await daemon.stop();
  });
}

test('a session id whose connection ended in a fatal alert opens no worker', async (t) => {
  const { daemon, port } = await startServer(t, { options: 'NO_TICKET', sslVersion: 'TLSv1.2' });
  const wire = await dial(t, port);
  const first = connectTls({ socket: wire, host: '127.0.0.1', rejectUnauthorized: false });
  await within('the TLS handshake finishes', once(first, 'secureConnect'));
  const failed = once(first, 'error');
  const session = first.getSession() as Buffer;
  await eventually('the supervisor has heard of it', () => linesWith(daemon, 'TLS accepted') === 1);
  const before = await dialTls(t, port, { rejectUnauthorized: false, session });
  assert.equal(before.isSessionReused(), true);
  before.end();
  wire.write(Buffer.from('1703030020'.padEnd(74, '0'), 'hex'));
  const [failure] = await within('the alert comes', failed);
  assert.match(String(failure), /bad record mac/);
  wire.destroy();
  await eventually('both are over', () => linesWith(daemon, 'Connection ') === 2);
  let resumed = 0;
  await eventually('every worker was asked', async () => {
    const again = await dialTls(t, port, { rejectUnauthorized: false, session });
    resumed += again.isSessionReused() ? 1 : 0;
    again.destroy();
    return new Set(workersOf(daemon)).size === 3;
  });
  assert.equal(resumed, 0);
  await daemon.stop();
});

/** Server mode with three workers, to a server that echoes. */
async function startServer(t: TestContext, options: Options = {}): Promise<{ readonly daemon: Daemon; readonly port: number }> {
  const backend = await echoServer(t);
  const config = optionLines({ workers: 3 }) + serverSection('svc', { connect: backend.port, logId: 'process', ...options });
  const daemon = await startDaemon(t, { config });
  return { daemon, port: await daemon.port('svc') };
}

/** A worker tells of a session before it tells of its line. */
function linesWith({ lines }: Daemon, text: string): number {
  return lines.filter((line) => line.includes(text)).length;
}

/** Of every client that was accepted, in their order. */
function workersOf(daemon: Daemon): number[] {
  return daemon.lines.filter((line) => line.includes('accepted connection')).map(workerOf);
}

test('a worker that asks what no worker does ends nothing', async (t) => {
  const world = await start(t);
  const stream = await open(world);
  await world.fault('questions', stream.worker);
  await world.daemon.line('a question of a process of ours');
  await echoes(stream, 1);
  stream.socket.destroy();
  world.daemon.signal('SIGTERM'); // `stop` takes no log with a defect
  assert.equal((await world.daemon.program.finished).code, 0);
});

for (const [fault, said] of [
  ['garbage', /what a process of ours said: .*deserialize/],
  ['endless', /what a process of ours said: a message of 4294967295 bytes/],
] as const)
  test(`a worker whose messages are none (${fault}) is ended, and another takes its place`, async (t) => {
    const world = await start(t);
    const stream = await open(world);
    await world.fault(fault, stream.worker);
    await world.daemon.line(said);
    await world.daemon.line(/Worker \d replaced after/);
    world.daemon.signal('SIGTERM'); // `stop` takes no log with a defect
    assert.equal((await world.daemon.program.finished).code, 0);
  });
