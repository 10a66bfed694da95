/** The driver on mutated dialogues cut into random segments: it always comes to an end, with one of our errors, and never keeps more than 64 KB. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OvercoatError } from '../../src/errors.ts';
import { socketPair } from '../../src/linux/libc/sockets.ts';
import { socketOf } from '../../src/programs/program-end.ts';
import type { DialogueOptions } from '../../src/protocols/driver.ts';
import { Dialogue, MAX_DIALOGUE_BYTES } from '../../src/protocols/driver.ts';
import type { Leg } from '../../src/sockets/leg.ts';
import { PlainLeg } from '../../src/sockets/plain-leg.ts';
import { legWaiter } from '../../src/sockets/waiter.ts';
import { systemError } from '../../src/text/system-error.ts';
import { DIALOGUES } from '../protocols/dialogues.ts';
import { within } from '../support/eventually.ts';
import { FUZZ_INPUTS, mutate, Random } from '../support/fuzz.ts';
import type { SaidByBoth } from './subjects/protocols.ts';
import { saidIn } from './subjects/protocols.ts';

/** Never is more put back into a leg than a dialogue may take of it. */
class BoundedLeg extends PlainLeg {
  override giveBack(bytes: Uint8Array): void {
    assert.ok(bytes.length <= MAX_DIALOGUE_BYTES);
    super.giveBack(bytes);
  }
}

/** A leg that sends its bytes in pieces, one a turn of the event loop, and then ends. */
function leg(bytes: Buffer, random: Random, opened: Leg[]): Leg {
  const ends = socketPair();
  if (typeof ends === 'number') throw systemError('socketpair', ends);
  const ours = new BoundedLeg(socketOf(ends[0]));
  const far = new PlainLeg(socketOf(ends[1]));
  opened.push(ours, far);
  let at = 0;
  const next = (): void => {
    const piece = bytes.subarray(at, at + 1 + random.below(1 + random.below(40_000)));
    at += piece.length;
    if (piece.length === 0) far.finish();
    else far.write(piece, (error) => (error ? undefined : setImmediate(next)));
  };
  setImmediate(next);
  const drop = (): void => {
    while (far.take(65_536) !== undefined);
  };
  far.listen(drop);
  return ours;
}

/** How the driver ended one dialogue: `done`, `over`, `idle`, or the code of the error. */
async function drive(start: (typeof DIALOGUES)[number]['start'], said: SaidByBoth, random: Random): Promise<string> {
  const opened: Leg[] = [];
  const next = (name: 'client' | 'upstream'): Leg => leg(said[name].shift() ?? Buffer.alloc(0), random, opened);
  const [client, upstream] = [next('client'), next('upstream')];
  const options: DialogueOptions = {
    client,
    upstream,
    waiter: legWaiter(client, upstream),
    busyMs: 20_000,
    idleMs: 20_000,
    dial: async () => ({ leg: upstream, local: undefined }),
    resolve: async () => ['198.51.100.7'],
  };
  const dialogue = new Dialogue(start(), options);
  try {
    for (;;) {
      const pause = await dialogue.run();
      if (pause.kind !== 'start-tls') return pause.kind;
      const facts = { version: 'TLSv1.3', cipher: 'x', serverName: undefined, alpn: undefined, peerName: undefined, peerVerified: false };
      dialogue.secured(pause.leg, next(pause.leg), facts);
    }
  } catch (cause) {
    if (cause instanceof OvercoatError && cause.code !== 'internal') return cause.code;
    throw cause;
  } finally {
    for (const each of opened) each.end('close');
  }
}

for (const [index, { name, start, script }] of DIALOGUES.entries()) {
  test(`${name}: mutated, in random segments`, async () => {
    const random = new Random(6000 + index);
    const good = saidIn(script);
    const all = [...good.client, ...good.upstream].filter((bytes) => bytes.length > 0);
    const ends = new Set<string>();
    for (let number = 0; number < FUZZ_INPUTS / 5; number += 1) {
      const bytes = random.below(10) === 0 ? random.bytes(random.below(90_000)) : mutate(random, all);
      const which = random.pick(['client', 'upstream'] as const);
      const part = random.below(good[which].length);
      const said = { ...saidIn(script), [which]: good[which].map((original, at) => (at === part ? bytes : original)) };
      const end = await within(`input ${number} comes to an end`, drive(start, said, random)).catch((cause: unknown) => {
        throw new Error(`input ${number}: ${bytes.toString('hex').slice(0, 4096)}`, { cause });
      });
      ends.add(end);
    }
    assert.ok(ends.has('done') && ends.size > 1, `good and bad ones were among them: ${[...ends].join(', ')}`);
  });
}
