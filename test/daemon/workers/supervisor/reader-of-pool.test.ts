/** Two processes that read renewed files: a start is told when one cannot begin, and the second does what the first one did. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Service } from '../../../../src/connection/record.ts';
import { ReaderOfPool } from '../../../../src/daemon/workers/supervisor/reader-of-pool.ts';
import type { WorkerEnd, WorkerProxy } from '../../../../src/daemon/workers/supervisor/worker-proxy.ts';
import type { EventKind } from '../../../../src/observe/events.ts';

const FILE = ['file /a', { kind: 'value', value: undefined }] as const;
const SERVICE = { config: { name: 'a', reloadCerts: 'watch' }, files: { tls: new Map([FILE]) } } as unknown as Service;

/** As much of a process as the pool looks at. */
class FakeReader {
  readonly #ready = Promise.withResolvers<boolean>();
  readonly #ended = Promise.withResolvers<WorkerEnd>();
  readonly ready = this.#ready.promise;
  readonly ended = this.#ended.promise;
  readonly orders: string[] = [];
  #over = false;

  begin(): void {
    this.#ready.resolve(true);
  }

  end(why: string): void {
    this.#over = true;
    this.#ready.resolve(false);
    this.#ended.resolve({ why, outOfMemory: false, details: undefined, connectionsLost: 0 });
  }

  terminate(): void {
    this.end('terminated');
  }

  async order({ order }: { readonly order: { readonly kind: string } }): Promise<unknown> {
    if (this.#over) return { kind: 'gone' };
    this.orders.push(order.kind);
    return order.kind === 'read-files' ? { kind: 'files-read', files: new Map([FILE]) } : { kind: 'done' };
  }
}

function pool() {
  const made: FakeReader[] = [];
  const events: EventKind[] = [];
  const reader = new ReaderOfPool({
    wanted: true,
    observe: ({ kind }) => void events.push(kind),
    make: () => {
      made.push(new FakeReader());
      return made.at(-1) as unknown as WorkerProxy;
    },
  });
  reader.keepFor([SERVICE]);
  const [first, second] = made as [FakeReader, FakeReader];
  return { reader, made, first, second, events };
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

suite('those that read renewed files', () => {
  test('are two, and the start is over when both have begun', async () => {
    const { reader, made, first, second } = pool();
    assert.equal(made.length, 2);
    first.begin();
    second.begin();
    await reader.settled();
    assert.deepEqual([first.orders, second.orders], [['take-role', 'watch-files'], ['take-role']]);
  });

  for (const before of [true, false]) {
    test(`fail the start where one could not begin, known ${before ? 'before' : 'while'} it is asked`, async () => {
      const { reader, first, second } = pool();
      first.begin();
      if (before) {
        second.end('spawn ENOENT');
        await nextTurn();
      }
      const settled = reader.settled();
      if (!before) second.end('spawn ENOENT');
      await assert.rejects(settled, { code: 'start_process' });
    });
  }

  test('follow each other', async () => {
    const { reader, first, second, events } = pool();
    first.begin();
    second.begin();
    await reader.settled();
    first.end('signal SIGKILL');
    assert.deepEqual([...(await reader.readForUs()).keys()], ['file /a']);
    assert.deepEqual(second.orders, ['take-role', 'watch-files', 'read-files'], 'it watches before it is asked');
    assert.deepEqual(events, ['worker-ended', 'reader-lost']);
    second.end('signal SIGKILL');
    assert.equal((await reader.readForUs()).size, 0);
  });
});
