/** A worker's line to the main thread: questions with their replies, log lines in batches. */
import type { MessagePort } from 'node:worker_threads';
import type { LogLevel } from '../../config/config.ts';
import type { NameMemory, RememberedName } from '../../names/dns/memory.ts';
import type { Observe } from '../../observe/events.ts';
import { LineBatch } from '../../observe/line-batch.ts';
import { stampedLines } from '../../observe/stamped-lines.ts';
import type { KeepSessions } from '../../tls/engine/server-session-cache.ts';
import type { Answer, FromWorker, Question, Reply } from './messages.ts';

export class MainThread {
  readonly #port: MessagePort;
  readonly #level: Int32Array;
  readonly #lines = new LineBatch((lines) => this.#tell({ kind: 'lines', lines }));
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #asked = 0;

  /** @param logLevel one 32-bit number: the level of what belongs to no service */
  constructor(port: MessagePort, logLevel: SharedArrayBuffer) {
    this.#port = port;
    this.#level = new Int32Array(logLevel);
  }

  /** What nobody will read is not even sent. */
  readonly observe: Observe = (event, context) => {
    const limit = context.service?.logLevel ?? (Atomics.load(this.#level, 0) as LogLevel);
    for (const line of stampedLines(event, context, limit)) this.#lines.add(line);
  };

  /** The names clients were told, which only the main thread knows. */
  readonly names: NameMemory = {
    nameFor: (client, address) => this.#ask({ kind: 'name-for', client, address }) as Promise<RememberedName>,
  };

  /** Sessions of TLS servers, so that a client may come back to another worker. */
  readonly keepSessions: KeepSessions = (cache, limit) => ({
    put: (id, session, expires) => void this.#ask({ kind: 'keep-session', cache, limit, id, session, expires }),
    get: async (id) => {
      const found = (await this.#ask({ kind: 'find-session', cache, id })) as Uint8Array | undefined;
      return found === undefined ? undefined : Buffer.from(found);
    },
  });

  ready(): void {
    this.#tell({ kind: 'ready' });
  }

  /** Lines made before it arrive before it. */
  answer(id: number, answer: Answer): void {
    this.#lines.flush();
    this.#tell({ kind: 'answer', id, answer });
  }

  /** The last words of this thread. */
  flush(): void {
    this.#lines.flush();
  }

  takeReply(id: number, reply: Reply): void {
    const resolve = this.#waiting.get(id);
    this.#waiting.delete(id);
    resolve?.(reply);
  }

  #ask(question: Question): Promise<Reply> {
    const id = this.#asked;
    this.#asked += 1;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#tell({ kind: 'question', id, question });
    });
  }

  #tell(message: FromWorker): void {
    this.#port.postMessage(message);
  }
}
