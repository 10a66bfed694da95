/** How legs share a turn of the loop, counted in what bulk moves meanwhile and not in time. */
// Tests: src/sockets/descriptor-leg.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Flow } from '../../src/sockets/leg.ts';
import { PlainLeg } from '../../src/sockets/plain-leg.ts';
import { poller, READABLE } from '../../src/sockets/poller.ts';
import type { Socket } from '../../src/sockets/socket.ts';
import { eventually } from '../support/eventually.ts';
import { plainPair, socketPair } from '../support/net/legs.ts';
import type { Ending } from '../support/temp.ts';

const LEGS = 8;
const NOTHING: Flow = { moved: () => undefined, ending: () => true, delivered: () => undefined };

class Swallowing extends PlainLeg {
  protected override put(): boolean {
    return true;
  }
}

/** A leg on which there is always more to read than is asked for, relayed to one that takes everything. */
async function endless(t: Ending, read: () => void): Promise<Socket> {
  const [socket, far] = await socketPair(t);
  const [to, other] = await socketPair(t);
  const legs = [new PlainLeg(socket), new PlainLeg(far), new Swallowing(to), new PlainLeg(other)] as const;
  t.after(() => {
    for (const leg of legs) leg.end('reset');
  });
  socket.read = (_into, length) => {
    read();
    return length;
  };
  socket.unread = true;
  legs[0].pump(legs[2], NOTHING);
  return socket;
}

test('a leg that is announced again and again has no more turns than others that wait for theirs', async (t) => {
  let reads = 0;
  const socket = await endless(t, () => {
    reads += 1;
  });
  reads = 0;
  let turns = 0;
  const read = await new Promise<number>((resolve) => {
    const beside = {
      run: (): void => {
        turns += 1;
        socket.ready(READABLE);
        if (turns < 50) poller.soon(beside);
        else resolve(reads);
      },
    };
    poller.soon(beside);
  });
  assert.ok(read >= turns - 2 && read <= turns + 2, `${read} reads in ${turns} turns`);
});

test('however much bulk there is, a short message waits for the rest of one turn of one leg', async (t) => {
  const [near, far] = await plainPair(t);
  let reads = 0;
  let saidAt: number | undefined;
  const waits: number[] = [];
  near.listen(() => {
    if (near.take(100) === undefined || saidAt === undefined) return;
    waits.push(reads - saidAt);
    saidAt = undefined;
  });
  const sockets: Socket[] = [];
  const announceAll = (): void => {
    for (const socket of sockets) socket.ready(READABLE);
  };
  const read = (): void => {
    reads += 1;
    if (saidAt !== undefined || reads % 7 !== 0) return;
    saidAt = reads;
    far.write(Buffer.from('.'));
  };
  for (let each = 0; each < LEGS; each += 1) sockets.push(await endless(t, read));
  await eventually('messages have come', () => waits.length > 100);
  assert.deepEqual([...new Set(waits)], [0], 'nothing else is read before it is served');

  const before = reads;
  announceAll();
  assert.equal(reads, before, 'bulk that is announced in the same moment comes after it');
});
