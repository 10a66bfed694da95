/** The supervisor as a worker sees it: questions with their replies, log lines in batches. Nothing is sent to one that has died. */
import type { LogLevel } from '../../config/config.ts';
import type { NameMemory, RememberedName } from '../../names/dns/memory.ts';
import type { Observe } from '../../observe/events.ts';
import { LineBatch } from '../../observe/line-batch.ts';
import { stampedLines } from '../../observe/stamped-lines.ts';
import type { KeepSessions } from '../../tls/engine/server-session-cache.ts';
import type { Answer, FromWorker, Question, Reply } from './messages.ts';
import type { SharedSettings } from './shared-state.ts';

export class SupervisorProxy {
  readonly #settings: SharedSettings;
  readonly #lines = new LineBatch((lines) => this.#tell({ kind: 'lines', lines }));
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #asked = 0;

  constructor(settings: SharedSettings) {
    this.#settings = settings;
  }

  /** What nobody will read is not even sent. */
  readonly observe: Observe = (event, context) => {
    const limit = context.service?.logLevel ?? (this.#settings.logLevel as LogLevel);
    for (const line of stampedLines(event, context, limit)) this.#lines.add(line);
  };

  /** The names clients were told, which only the supervisor knows. */
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

  /** The last words of this worker. @param sent called when they are on their way, or cannot be sent */
  fail(text: string, stack: string | undefined, sent: () => void): void {
    this.#lines.flush();
    this.#tell({ kind: 'failed', text, stack }, sent);
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

  #tell(message: FromWorker, sent: () => void = () => undefined): void {
    if (process.connected) process.send?.(message, undefined, undefined, sent);
    else sent();
  }
}
