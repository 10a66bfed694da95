// Tests: src/daemon/workers/supervisor/worker-proxy.ts
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { suite, test } from 'node:test';
import type { SharedCount } from '../../../../src/connection/accept/shared-count.ts';
import type { WorkerProcess } from '../../../../src/daemon/workers/supervisor/spawn-worker.ts';
import { WorkerProxy } from '../../../../src/daemon/workers/supervisor/worker-proxy.ts';
import type { OvercoatEvent } from '../../../../src/observe/events.ts';

const RECORD = { places: 1, place: 0, sealed: false, library: undefined, fence: undefined, status: false };

/** About as long as a session can be. */
const SESSION = new Uint8Array(8000);

/** A process that is none. */
class Pretended extends EventEmitter {
  readonly stderr = new PassThrough();
  readonly signals: string[] = [];
  connected = true;
  reads = false;

  disconnect(): void {
    this.connected = false;
  }

  send(_message: unknown, sent: () => void): void {
    if (this.reads) sent();
  }

  kill(signal: string): void {
    this.signals.push(signal);
    this.emit('exit', null, signal);
    this.emit('close');
  }
}

suite('a worker that says what makes no sense', () => {
  for (const message of [null, undefined, { kind: 'events' }, { kind: 'events', events: [null] }, { kind: 'answer', id: 0 }]) {
    test(`is ended: ${JSON.stringify(message)}`, async () => {
      const child = new Pretended();
      const events: OvercoatEvent[] = [];
      const process: WorkerProcess = {
        child: child as unknown as ChildProcess,
        descriptors: { close: () => undefined } as unknown as WorkerProcess['descriptors'],
      };
      const worker = new WorkerProxy(process, RECORD, { own: 2 } as SharedCount, {
        observe: (event) => events.push(event),
        reply: () => undefined,
        startProgram: () => Promise.reject(new Error('none')),
      });
      const answer = worker.order({ order: { kind: 'vitals' } });
      child.emit('message', message);
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
    child.reads = reads;
    const events: OvercoatEvent[] = [];
    const worker = new WorkerProxy(
      { child: child as unknown as ChildProcess, descriptors: { close: () => undefined } as unknown as WorkerProcess['descriptors'] },
      RECORD,
      { own: 0 } as SharedCount,
      { observe: (event) => events.push(event), reply: () => SESSION, startProgram: () => Promise.reject(new Error('none')) },
    );
    child.emit('message', { kind: 'begun' });
    for (let id = 0; id < 10_000; id += 1)
      child.emit('message', { kind: 'question', id, question: { kind: 'find-session', cache: 'any', id: 'any' } });
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(child.signals, reads ? [] : ['SIGKILL']);
    assert.equal(events.length, reads ? 0 : 1, 'it is said once');
    worker.terminate();
    await worker.ended;
  });
}
