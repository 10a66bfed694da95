/**
 * A peer on a Unix socket that has answered and left before we have written anything to it, as a program does that reads nothing: its answer
 * and its end arrive, whether our first bytes are written before the relay, as its first step, or kept by a leg with no room.
 */
// Tests: src/sockets/descriptor-leg.ts, src/sockets/sending-leg.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setNonBlocking } from '../../src/linux/libc/descriptors.ts';
import { socketPair } from '../../src/linux/libc/sockets.ts';
import type { Flow } from '../../src/sockets/leg.ts';
import { PlainLeg } from '../../src/sockets/plain-leg.ts';
import { WRITABLE } from '../../src/sockets/poller.ts';
import { Socket } from '../../src/sockets/socket.ts';
import { eventually } from '../support/eventually.ts';
import { Inbox, plainPair } from '../support/net/legs.ts';
import type { Ending } from '../support/temp.ts';

interface World {
  readonly client: PlainLeg;
  /** The client's own end, and what it receives. */
  readonly far: PlainLeg;
  readonly inbox: Inbox;
  readonly upstream: PlainLeg;
  readonly socket: Socket;
  /** The upstream's own end. */
  readonly program: Socket;
  relay(): void;
  /** Bytes relayed to the upstream. */
  moved(): number;
}

async function start(t: Ending): Promise<World> {
  const [client, far] = await plainPair(t);
  const ends = socketPair();
  if (typeof ends === 'number') assert.fail('socketpair');
  for (const fd of ends) setNonBlocking(fd);
  const [socket, program] = ends.map((fd) => new Socket(fd)) as [Socket, Socket];
  const upstream = new PlainLeg(socket);
  t.after(() => {
    upstream.end('close');
    program.close('close');
  });
  client.onFailed(() => upstream.end('reset'));
  upstream.onFailed(() => client.end('reset'));
  const inbox = new Inbox(far);
  let moved = 0;
  const flow = (count: (bytes: number) => void): Flow => ({ moved: count, ending: () => true, delivered: () => undefined });
  const relay = (): void => {
    client.pump(
      upstream,
      flow((bytes) => {
        moved += bytes;
      }),
    );
    upstream.pump(
      client,
      flow(() => undefined),
    );
  };
  return { client, far, inbox, upstream, socket, program, relay, moved: () => moved };
}

function answerAndLeave(program: Socket): void {
  const answer = Buffer.from('answer');
  assert.equal(program.write(answer, answer.length), answer.length);
  program.close('close');
}

async function answers({ inbox, far, client, upstream }: World): Promise<void> {
  assert.equal(await inbox.over(), 'whole');
  assert.equal(inbox.text, 'answer');
  far.finish();
  await eventually('the client is read to its end', () => client.ended, { every: 2 });
  assert.equal(upstream.gone, false, 'nothing has failed');
}

test('the client has sent something before the relay begins', async (t) => {
  const world = await start(t);
  world.far.write(Buffer.from('question'));
  await eventually('it is there', () => world.client.arrived > 0, { every: 2 });
  answerAndLeave(world.program);
  world.relay();
  await answers(world);
  assert.equal(world.moved(), 0, 'what nobody got is not counted');
});

test('we write before the relay begins', async (t) => {
  const world = await start(t);
  answerAndLeave(world.program);
  const written = new Promise((resolve) => world.upstream.write(Buffer.from('PROXY ...'), resolve));
  assert.equal(await written, undefined);
  world.relay();
  await answers(world);
});

test('what we wrote before the relay had no room', async (t) => {
  const world = await start(t);
  const write = world.socket.write.bind(world.socket);
  world.socket.write = () => 0;
  const written = new Promise((resolve) => world.upstream.write(Buffer.from('PROXY ...'), resolve));
  world.relay();
  answerAndLeave(world.program);
  world.socket.write = write;
  world.socket.ready(WRITABLE);
  assert.equal(await written, undefined);
  await answers(world);
});

test('a client that never stops sending to one that has left gets the answer and its end, and then a reset', async (t) => {
  const world = await start(t);
  const { far, inbox, upstream } = world;
  answerAndLeave(world.program);
  world.relay();
  const more = (error?: Error | null): void => {
    if (error == null && !far.gone) setImmediate(() => far.write(Buffer.alloc(65_536), more));
  };
  more();
  assert.equal(await inbox.over(), 'whole');
  assert.equal(inbox.text, 'answer');
  const from = performance.now();
  await eventually('it is reset', () => inbox.failure !== undefined, { every: 20 });
  assert.match(String(inbox.failure), /\((32|104)\)$/);
  assert.ok(performance.now() - from > 1000, 'it had time to read');
  assert.equal(upstream.gone, true);
  assert.equal(world.moved(), 0, 'what nobody got is not counted');
});
