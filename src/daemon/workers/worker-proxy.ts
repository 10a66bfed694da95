/** A worker as the main thread sees it: orders go in, answers, questions and events come out, and at the end there is a reason. */

import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { SharedCount } from '../../connection/accept/shared-count.ts';
import type { Observe } from '../../observe/events.ts';
import { entryModule } from '../../self.ts';
import type { Answer, FromWorker, Order, Question, Reply, StartRecord, ToWorker } from './messages.ts';

/** As --max-semi-space-size=1 does for the main thread (bin/overcoat): the young generation is three of them. */
const YOUNG_GENERATION_MB = 3;

export interface WorkerEnd {
  /** For the log: `heap limit reached`, `uncaught exception: TEXT`. */
  readonly why: string;
  /** Of the exception, where there was one. */
  readonly stack: string | undefined;
  readonly connectionsLost: number;
}

/**
 * A thread does not have the compile cache of its process by itself, and without it every worker would translate all modules again:
 * 0.2 s and 15 MB each.
 */
const BEGINNING = beginning(entryModule('worker').href, getCompileCacheDir());

function beginning(module: string, cache: string | undefined): URL {
  const enable =
    cache === undefined ? '' : `import { enableCompileCache } from 'node:module'; enableCompileCache(${JSON.stringify(dirname(cache))}); `;
  return new URL(`data:text/javascript,${encodeURIComponent(`${enable}await import(${JSON.stringify(module)});`)}`);
}

/** Who hears what a worker says. */
export interface Listening {
  readonly observe: Observe;
  reply(question: Question): Promise<Reply> | Reply;
}

/** The worker ended before it answered. */
const GONE = { kind: 'gone' } as const;

export class WorkerProxy {
  /** False: it ended before it was ready. */
  readonly ready: Promise<boolean>;
  readonly ended: Promise<WorkerEnd>;
  readonly #worker: Worker;
  readonly #count: SharedCount;
  readonly #listening: Listening;
  readonly #waiting = new Map<number, (answer: Answer | typeof GONE) => void>();
  #asked = 0;
  #over = false;
  #becameReady: () => void = () => undefined;

  constructor(record: StartRecord, listening: Listening) {
    this.#count = new SharedCount(record.counts, record.place);
    this.#listening = listening;
    this.#worker = new Worker(BEGINNING, {
      name: 'overcoat worker',
      workerData: record,
      env: SHARE_ENV,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    this.#worker.on('message', (message: FromWorker) => this.#take(message));
    this.ended = this.#watchEnd();
    const ready = new Promise<boolean>((resolve) => {
      this.#becameReady = () => resolve(true);
    });
    this.ready = Promise.race([ready, this.ended.then(() => false)]);
  }

  order(order: Order): Promise<Answer | typeof GONE> {
    if (this.#over) return Promise.resolve(GONE);
    const id = this.#asked;
    this.#asked += 1;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#tell({ kind: 'order', id, order });
    });
  }

  terminate(): void {
    void this.#worker.terminate();
  }

  #take(message: FromWorker): void {
    switch (message.kind) {
      case 'ready':
        this.#becameReady();
        return;
      case 'events':
        for (const { event, context, at } of message.events) this.#listening.observe(event, context, at);
        return;
      case 'question':
        void this.#reply(message.id, message.question);
        return;
      case 'answer': {
        const resolve = this.#waiting.get(message.id);
        this.#waiting.delete(message.id);
        resolve?.(message.answer);
      }
    }
  }

  async #reply(id: number, question: Question): Promise<void> {
    this.#tell({ kind: 'reply', id, reply: await this.#listening.reply(question) });
  }

  #tell(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  /** Its last messages arrive between the error and the exit, so the exit is the end. */
  #watchEnd(): Promise<WorkerEnd> {
    let cause: unknown;
    this.#worker.on('error', (error) => {
      cause = error;
    });
    return new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        const connectionsLost = this.#count.own;
        this.#count.own = 0;
        this.#over = true;
        for (const answer of this.#waiting.values()) answer(GONE);
        this.#waiting.clear();
        const stack = cause instanceof Error ? cause.stack : undefined;
        resolve({ why: reasonOf(cause, code), stack, connectionsLost });
      });
    });
  }
}

function reasonOf(cause: unknown, code: number): string {
  if (cause === undefined) return `exit code ${code}`;
  if ((cause as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY') return 'heap limit reached';
  return `uncaught exception: ${cause instanceof Error ? cause.message : String(cause)}`;
}
