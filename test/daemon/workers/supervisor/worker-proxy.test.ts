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

/** A process that is none. */
class Pretended extends EventEmitter {
  readonly stderr = new PassThrough();
  readonly signals: string[] = [];
  connected = true;

  disconnect(): void {
    this.connected = false;
  }

  send(): void {
    // nobody reads it
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
