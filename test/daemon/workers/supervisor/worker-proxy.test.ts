// Tests: src/daemon/workers/supervisor/worker-proxy.ts
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import type { TestContext } from 'node:test';
import { suite, test } from 'node:test';
import type { SharedCount } from '../../../../src/connection/accept/shared-count.ts';
import { ConnectionOwners, HeardEvents } from '../../../../src/daemon/workers/supervisor/heard/events.ts';
import type { WorkerProcess } from '../../../../src/daemon/workers/supervisor/spawn-worker.ts';
import { WorkerProxy } from '../../../../src/daemon/workers/supervisor/worker-proxy.ts';
import type { OvercoatEvent } from '../../../../src/observe/events.ts';

const RECORD = { places: 1, place: 0, sealed: false, library: undefined, fence: undefined, status: false };

/** About as long as a session can be. */
const SESSION = new Uint8Array(8000);

class PretendedChannel extends EventEmitter {
  connected = true;
  reads = false;

  close(): void {
    this.connected = false;
  }

  send(_message: unknown, sent: () => void): void {
    if (this.reads) sent();
  }
}

/** A process that is none. */
class Pretended extends EventEmitter {
  readonly stderr = new PassThrough();
  readonly signals: string[] = [];
  readonly channel = new PretendedChannel();

  get process(): WorkerProcess {
    return {
      child: this as unknown as ChildProcess,
      channel: this.channel as unknown as WorkerProcess['channel'],
      descriptors: { close: () => undefined } as unknown as WorkerProcess['descriptors'],
    };
  }

  kill(signal: string): void {
    this.signals.push(signal);
    this.emit('exit', null, signal);
    this.emit('close');
  }
}

const heard = (): HeardEvents => new HeardEvents(new ConnectionOwners(), new Set(['svc']));

suite('a worker that says what makes no sense', () => {
  for (const message of [
    null,
    undefined,
    { kind: 'events' },
    { kind: 'events', events: [null] },
    { kind: 'answer', id: 0 },
    { kind: 'answer', id: 0, answer: { kind: 'done' } },
    { kind: 'answer', id: 1, answer: { kind: 'failed', code: 'internal', text: '' } },
    { kind: 'question', id: 'x'.repeat(10), question: { kind: 'find-session', cache: 'any', id: 'any' } },
    { kind: 'start-program', id: undefined, exec: {}, facts: {} },
    { kind: 'failed', text: 1, stack: undefined },
  ]) {
    test(`is ended: ${JSON.stringify(message)}`, async () => {
      const child = new Pretended();
      const events: OvercoatEvent[] = [];
      const worker = new WorkerProxy(child.process, RECORD, { own: 2 } as SharedCount, {
        observe: (event) => events.push(event),
        heard: heard(),
        reply: () => undefined,
        startProgram: () => Promise.reject(new Error('none')),
      });
      const answer = worker.order({ order: { kind: 'vitals' } });
      child.channel.emit('message', message);
      assert.match(events.map((event) => (event.kind === 'defect' ? event.text : '')).join(), /^what a process of ours said: /);
      assert.deepEqual(child.signals, ['SIGKILL']);
      assert.equal((await worker.ended).connectionsLost, 2);
      assert.deepEqual(await answer, { kind: 'gone' });
    });
  }
});

for (const reads of [false, true]) {
  test(`a worker that asks on and on and ${reads ? 'reads what it is told goes on' : 'reads nothing is ended'}`, async () => {
    const child = new Pretended();
    child.channel.reads = reads;
    const events: OvercoatEvent[] = [];
    const worker = new WorkerProxy(child.process, RECORD, { own: 0 } as SharedCount, {
      observe: (event) => events.push(event),
      heard: heard(),
      reply: () => SESSION,
      startProgram: () => Promise.reject(new Error('none')),
    });
    for (let id = 0; id < 10_000; id += 1)
      child.channel.emit('message', { kind: 'question', id, question: { kind: 'find-session', cache: 'any', id: 'any' } });
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(child.signals, reads ? [] : ['SIGKILL']);
    assert.equal(events.length, reads ? 0 : 1, 'it is said once');
    worker.terminate();
    await worker.ended;
  });
}

test('a worker lists its own connections, and none of another', async () => {
  const child = new Pretended();
  const owners = new ConnectionOwners();
  const own = new HeardEvents(owners, new Set());
  owners.begin(2, new HeardEvents(owners, new Set()));
  const worker = new WorkerProxy(child.process, RECORD, { own: 0 } as SharedCount, {
    observe: () => assert.fail('nothing is wrong'),
    heard: own,
    reply: () => undefined,
    startProgram: () => Promise.reject(new Error('none')),
  });
  const answer = worker.order({ order: { kind: 'list' } });
  const listed = { id: '1', service: 'svc', toTls: 0, toPlain: 0, ms: 1, stage: 'relay' };
  const connections = [1, 2].map((connection) => ({ ...listed, connection }));
  child.channel.emit('message', { kind: 'answer', id: 0, answer: { kind: 'listed', connections } });
  assert.deepEqual(await answer, { kind: 'listed', connections: connections.slice(0, 1) });
  worker.terminate();
  await worker.ended;
});

suite('a process that does not answer for five seconds', () => {
  const late = (t: TestContext) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const child = new Pretended();
    const texts: string[] = [];
    const worker = new WorkerProxy(child.process, RECORD, { own: 0 } as SharedCount, {
      observe: (event) => texts.push(event.kind === 'message' ? event.text : event.kind),
      heard: heard(),
      reply: () => undefined,
      startProgram: () => Promise.reject(new Error('none')),
    });
    t.after(() => worker.terminate());
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const says = (message: unknown) => child.channel.emit('message', message);
    const pass = async (): Promise<void> => {
      await turn();
      t.mock.timers.tick(5000);
      await turn();
    };
    return { worker, texts, says, pass, turn };
  };
  const close = { order: { kind: 'close', listener: 1 } } as const;

  test('is told of once, with what waits for it, until that very order is answered', async (t) => {
    const { worker, texts, says, pass } = late(t);
    says({ kind: 'ready' });
    void worker.order(close);
    await pass();
    assert.equal(texts.length, 1);
    assert.match(texts[0] ?? '', /has not answered for 5 s, and a reload or a renewal waits for it; if it is stopped/);
    void worker.order({ order: { kind: 'vitals' } });
    void worker.order(close);
    says({ kind: 'answer', id: 2, answer: { kind: 'done' } });
    await pass();
    assert.equal(texts.length, 1, 'another order was answered');
    says({ kind: 'answer', id: 0, answer: { kind: 'done' } });
    void worker.order({ order: { kind: 'flush' } });
    await pass();
    assert.equal(texts.length, 2);
    assert.match(texts[1] ?? '', /has not answered for 5 s; if it is stopped/);
  });

  test('is not told of before it has begun, nor where the answer is there and we are late ourselves', async (t) => {
    const { worker, texts, says, pass, turn } = late(t);
    void worker.order(close);
    await pass();
    assert.deepEqual(texts, [], 'it is still starting');
    says({ kind: 'ready' });
    await turn();
    t.mock.timers.tick(5000);
    says({ kind: 'answer', id: 0, answer: { kind: 'done' } });
    await turn();
    assert.deepEqual(texts, []);
    void worker.order(close);
    await pass();
    assert.equal(texts.length, 1);
  });
});
