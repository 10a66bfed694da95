/** The driver on real sockets: what it reads, gives back, refuses, and how long it waits. */
// Tests: src/protocols/conversation.ts, src/protocols/lines.ts, src/sockets/input-buffer.ts, src/sockets/leg-reader.ts
// Tests: src/sockets/waiter.ts
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { OvercoatError } from '../../src/errors.ts';
import { TlsLeg } from '../../src/openssl/connection/tls-leg.ts';
import type { Conversation, TlsFacts } from '../../src/protocols/conversation.ts';
import {
  clientSpeaksFirst,
  dial as dialStep,
  failed,
  finish,
  read,
  readExactly,
  refuse,
  settled,
  startTls,
  startTlsDirectly,
  tryRead,
  write,
} from '../../src/protocols/conversation.ts';
import type { DialogueOptions } from '../../src/protocols/driver.ts';
import { Dialogue, MAX_DIALOGUE_BYTES, runConversation } from '../../src/protocols/driver.ts';
import { measureLine, readLine } from '../../src/protocols/lines.ts';
import type { Leg, LegName } from '../../src/sockets/leg.ts';
import type { PlainLeg } from '../../src/sockets/plain-leg.ts';
import { legWaiter } from '../../src/sockets/waiter.ts';
import { authority, certificate } from '../support/data/certificates.ts';
import { eventually, within } from '../support/eventually.ts';
import { acceptAll, clientContext, handshake, legAndPeer, serverContext } from '../support/net/legs.ts';
import { collect, readExactly as readFrom } from '../support/net/tcp.ts';

const FACTS: TlsFacts = {
  version: 'TLSv1.3',
  cipher: 'x',
  serverName: undefined,
  alpn: undefined,
  peerName: undefined,
  peerVerified: false,
};

/** TLS in the place of a plain leg, before its handshake. */
function secured(t: TestContext, plain: PlainLeg, role: 'client' | 'server'): TlsLeg {
  const { socket, unread } = plain.handOver();
  const context = role === 'server' ? serverContext(t) : clientContext(t);
  const leg = new TlsLeg(socket, { context, judge: acceptAll, unread });
  t.after(() => leg.end('reset'));
  return leg;
}

function options(legs: Partial<DialogueOptions>): DialogueOptions {
  const both = [legs.client, legs.upstream].filter((leg) => leg !== undefined);
  return { client: undefined, upstream: undefined, waiter: legWaiter(...both), busyMs: 20_000, idleMs: 20_000, ...legs };
}

/** Exactly so many bytes of a leg. */
async function readLeg(leg: Leg, length: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let left = length; left > 0; ) {
    const part = await eventually(`${left} more bytes are there`, () => leg.take(left), { every: 1 });
    parts.push(part);
    left -= part.length;
  }
  return Buffer.concat(parts);
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await within('the dialogue ends', promise);
    return 'none';
  } catch (error) {
    if (error instanceof OvercoatError) return error.code;
    throw error;
  }
}

test('a message is read across segments, and what follows it is back in the stream', async (t) => {
  const { ours, far } = await legAndPeer(t);
  const line = runConversation(readLine('client'), options({ client: ours }));
  far.write('hel');
  await eventually('the first segment arrived', () => ours.taken === 3);
  far.write('lo\r\nrest');
  assert.equal(await line, 'hello');
  assert.equal((await readLeg(ours, 4)).toString(), 'rest');
});

test('a line sent byte by byte', async (t) => {
  const { ours, far } = await legAndPeer(t);
  const line = runConversation(readLine('client'), options({ client: ours }));
  for (const character of 'slow but sure\r\n') {
    far.write(character);
    const sent = far.bytesWritten;
    await eventually('the byte arrived', () => ours.taken === sent, { every: 1 });
  }
  assert.equal(await line, 'slow but sure');
});

test('nothing is read of a leg that the conversation does not wait for', async (t) => {
  const { ours: client, far: clientFar } = await legAndPeer(t);
  const { ours: upstream, far: upstreamFar } = await legAndPeer(t);
  clientFar.write('impatient');
  const line = runConversation(readLine('upstream'), options({ client, upstream }));
  upstreamFar.write('220 hello\r\n');
  assert.equal(await line, '220 hello');
  assert.equal(client.taken, 0);
  assert.ok(client.untouched);
});

test('more than 64 KB in one dialogue end it', async (t) => {
  const { ours, far } = await legAndPeer(t);
  function* swallow(): Conversation {
    for (;;) yield* readLine('client');
  }
  const code = codeOf(runConversation(swallow(), options({ client: ours })));
  far.write(`${'x'.repeat(998)}\r\n`.repeat(80));
  assert.equal(await code, 'negotiation_failed');
  assert.equal(ours.taken, MAX_DIALOGUE_BYTES);
});

test('the end of the leg in the middle of a message ends the dialogue', async (t) => {
  const { ours, far } = await legAndPeer(t);
  far.end('no line end');
  assert.equal(await codeOf(runConversation(readLine('client'), options({ client: ours }))), 'negotiation_failed');
});

test('a message right before the end of the leg is read', async (t) => {
  const { ours, far } = await legAndPeer(t);
  far.end('last words\r\n');
  assert.equal(await runConversation(readLine('client'), options({ client: ours })), 'last words');
});

test('all waits of a dialogue together have TIMEOUTbusy', async (t) => {
  const { ours, far } = await legAndPeer(t);
  function* twoLines(): Conversation {
    yield* readLine('client');
    yield* readLine('client');
  }
  const over = runConversation(twoLines(), options({ client: ours, busyMs: 50 }));
  far.write('one\r\n');
  const because = { kind: 'limit', limit: 'TIMEOUTbusy', ms: 50, side: 'client', said: undefined };
  await assert.rejects(over, { code: 'negotiation_timeout', because });
});

test('a failing socket ends the dialogue with its error', async (t) => {
  const { ours, far } = await legAndPeer(t);
  const line = runConversation(readLine('client'), options({ client: ours }));
  far.resetAndDestroy();
  await assert.rejects(within('the dialogue ends', line), { code: 'ECONNRESET' });
});

/** Server mode: the whole of a STARTTLS negotiation with a real handshake behind it. */
test('the accepted leg becomes TLS and the dialogue goes on inside', async (t) => {
  const { ours, far } = await legAndPeer(t);
  function* conversation(): Conversation<string> {
    assert.equal(yield* readLine('client'), 'STARTTLS');
    yield* startTls('client', 'go\r\n');
    return yield* readLine('client');
  }
  const dialogue = new Dialogue(conversation(), options({ client: ours }));
  const paused = dialogue.run();
  far.write('STARTTLS\r\n');
  assert.deepEqual(await paused, { kind: 'start-tls', leg: 'client' });
  assert.equal((await readFrom(far, 4)).toString(), 'go\r\n');

  const inside = secured(t, ours, 'server');
  const accepted = handshake(inside);
  const secureFar = connectTls({ socket: far, ca: authority().certificate, servername: 'localhost' });
  t.after(() => {
    secureFar.destroy();
  });
  assert.equal((await accepted).failure, undefined);
  secureFar.write('inside\r\nand beyond');
  dialogue.secured('client', inside, FACTS);
  const end = await dialogue.run();
  assert.ok(end.kind === 'done');
  assert.equal(end.value, 'inside');
  assert.equal((await readLeg(inside, 10)).toString(), 'and beyond');
});

/** Client mode: the go-ahead comes from the upstream and our hello follows. */
test('the dialled leg becomes TLS, and its ticket and data behind the handshake are not lost', async (t) => {
  const { ours, far } = await legAndPeer(t);
  function* conversation(): Conversation<string> {
    yield* write('upstream', 'STARTTLS\r\n');
    assert.equal(yield* readLine('upstream'), '220 go');
    const { version } = yield* startTls('upstream');
    return `${version} ${yield* readLine('upstream')}`;
  }
  const dialogue = new Dialogue(conversation(), options({ upstream: ours }));
  const paused = dialogue.run();
  assert.equal((await readFrom(far, 10)).toString(), 'STARTTLS\r\n');
  far.write('220 go\r\n');
  assert.deepEqual(await paused, { kind: 'start-tls', leg: 'upstream' });

  const { certificate: cert, key } = certificate('server');
  const server = createTlsServer({ cert, key }, (socket) => socket.write('greetings\r\n'));
  server.emit('connection', far);
  const inside = secured(t, ours, 'client');
  assert.equal((await handshake(inside)).failure, undefined);
  dialogue.secured('upstream', inside, FACTS);
  const end = await dialogue.run();
  assert.ok(end.kind === 'done');
  assert.equal(end.value, 'TLSv1.3 greetings');
});

for (const [what, segment] of [
  ['a command behind STARTTLS', 'STARTTLS\r\nMAIL FROM:<evil@example.org>\r\n'],
  ['a single byte behind STARTTLS', 'STARTTLS\r\n\n'],
  ['a TLS hello that did not wait', 'STARTTLS\r\n\x16\x03\x01\x02\x00'],
] as const) {
  test(`injection: ${what} ends the dialogue, and no go-ahead is written`, async (t) => {
    const { ours, far } = await legAndPeer(t);
    function* conversation(): Conversation {
      yield* readLine('client');
      yield* startTls('client', 'go\r\n');
    }
    const code = codeOf(new Dialogue(conversation(), options({ client: ours })).run());
    far.write(segment);
    assert.equal(await code, 'negotiation_injected');
    assert.equal(ours.written, 0);
  });
}

test('injection: bytes that have arrived but were not even taken count', async (t) => {
  const { ours, far } = await legAndPeer(t);
  function* conversation(): Conversation {
    yield* write('upstream', 'AUTH TLS\r\n');
    yield* startTls('upstream');
  }
  far.write('250 evil\r\n');
  ours.listen(() => undefined);
  await eventually('it has arrived', () => ours.arrived > 0);
  assert.equal(await codeOf(new Dialogue(conversation(), options({ upstream: ours })).run()), 'negotiation_injected');
});

test('a client that speaks first is noticed, and its hello is left to the handshake', async (t) => {
  const { ours, far } = await legAndPeer(t);
  function* conversation(): Conversation {
    if (!(yield* clientSpeaksFirst(20_000))) throw failed('the client was silent');
    yield* startTlsDirectly('client');
  }
  const paused = new Dialogue(conversation(), options({ client: ours })).run();
  const secureFar = connectTls({ socket: far, ca: authority().certificate, servername: 'localhost' });
  t.after(() => {
    secureFar.destroy();
  });
  assert.deepEqual(await paused, { kind: 'start-tls', leg: 'client' });
  const over = handshake(secured(t, ours, 'server'));
  await within('the handshake', once(secureFar, 'secureConnect'));
  assert.equal((await over).failure, undefined);
});

test('a silent client is noticed without anything read', async (t) => {
  const { ours, far } = await legAndPeer(t);
  assert.equal(await runConversation(clientSpeaksFirst(30), options({ client: ours })), false);
  far.write('late\r\n');
  assert.equal(await runConversation(readLine('client'), options({ client: ours })), 'late');
});

test('a failed dial is an answer, and its error can still end the dialogue', async (t) => {
  const { ours } = await legAndPeer(t);
  const refusal = new OvercoatError('upstream_refused', 'nobody there');
  function* conversation(): Conversation<string> {
    const outcome = yield* dialStep();
    return outcome.connected ? 'connected' : outcome.error.code;
  }
  assert.equal(await runConversation(conversation(), options({ client: ours, dial: () => Promise.reject(refusal) })), 'upstream_refused');
});

test('a dialled upstream is the other leg from then on', async (t) => {
  const { ours: client } = await legAndPeer(t);
  const { ours: backend, far } = await legAndPeer(t);
  function* conversation(): Conversation<string> {
    yield* dialStep();
    return yield* readLine('upstream');
  }
  far.write('220 backend\r\n');
  const line = runConversation(conversation(), options({ client, dial: async () => ({ leg: backend, local: undefined }) }));
  assert.equal(await line, '220 backend');
});

test('last words are delivered before the dialogue fails', async (t) => {
  const { ours, far } = await legAndPeer(t);
  const heard = collect(far);
  far.on('end', () => far.end());
  function* conversation(): Conversation {
    yield* readLine('client');
    yield* refuse('client', 'no\r\n', failed('refused'));
  }
  const answered: LegName[] = [];
  const code = codeOf(runConversation(conversation(), options({ client: ours, answers: (leg) => answered.push(leg) })));
  far.write('please\r\nplease\r\nplease\r\n');
  assert.equal((await heard).toString(), 'no\r\n');
  assert.equal(await code, 'negotiation_failed');
  assert.deepEqual(answered, ['client']);
});

test('last words without an error end the dialogue cleanly', async (t) => {
  const { ours, far } = await legAndPeer(t);
  far.resume().on('end', () => far.end());
  const pause = await new Dialogue(finish('client', 'bye\r\n'), options({ client: ours })).run();
  assert.equal(pause.kind, 'over');
});

function* looking(): Conversation<string | undefined> {
  yield* settled();
  return (yield* tryRead('client', measureLine))?.toString();
}

test('a settled conversation steps aside when the other leg speaks, and loses nothing', async (t) => {
  const { ours: client, far: clientFar } = await legAndPeer(t);
  const { ours: upstream, far: upstreamFar } = await legAndPeer(t);
  const run = new Dialogue(looking(), options({ client, upstream })).run();
  clientFar.write('half a li');
  await eventually('it arrived', () => client.taken > 0);
  upstreamFar.write('* BYE\r\n');
  const end = await run;
  assert.ok(end.kind === 'done');
  assert.equal(end.value, undefined);
  assert.equal(client.take(100)?.toString(), 'half a li');
  assert.equal(upstream.take(100)?.toString(), '* BYE\r\n');
});

test('a settled conversation steps aside when a leg ends, also behind a partial line', async (t) => {
  const { ours: client, far: clientFar } = await legAndPeer(t);
  const { ours: upstream } = await legAndPeer(t);
  const run = new Dialogue(looking(), options({ client, upstream })).run();
  clientFar.end('no line end');
  const end = await run;
  assert.ok(end.kind === 'done');
  assert.equal(client.take(100)?.toString(), 'no line end');
});

test('a settled conversation waits as long as TIMEOUTidle, whatever TIMEOUTbusy says', async (t) => {
  const { ours: client } = await legAndPeer(t);
  const { ours: upstream } = await legAndPeer(t);
  const end = await new Dialogue(looking(), options({ client, upstream, busyMs: 0, idleMs: 30 })).run();
  assert.equal(end.kind, 'idle');
});

test('a settled conversation steps aside before a line without an end', async (t) => {
  const { ours: client, far } = await legAndPeer(t);
  const { ours: upstream } = await legAndPeer(t);
  const run = new Dialogue(looking(), options({ client, upstream })).run();
  far.write(Buffer.alloc(100_000, 'x'));
  const end = await run;
  assert.ok(end.kind === 'done');
  const early = client.take(100_000)?.length ?? 0; // what was put back comes first, and alone
  assert.ok(early > 0 && early <= MAX_DIALOGUE_BYTES, `${early} bytes were kept`);
});

test('a conversation without a client leg: what it writes there is nobody’s', async (t) => {
  const { ours: upstream, far } = await legAndPeer(t);
  function* conversation(): Conversation<Buffer> {
    yield* write('client', 'a greeting nobody reads\r\n');
    return yield* readExactly('upstream', 2);
  }
  far.write('ok');
  assert.equal((await runConversation(conversation(), options({ upstream }))).toString(), 'ok');
});

test('a message measured as refused ends the dialogue', async (t) => {
  const { ours, far } = await legAndPeer(t);
  far.write('x');
  const conversation = read('client', () => ({ kind: 'refused', why: 'nonsense' }));
  await assert.rejects(runConversation(conversation, options({ client: ours })), { code: 'negotiation_failed', message: /nonsense/ });
});
