/** A worker's line to the main thread: questions with their replies, events in batches. */
import type { MessagePort } from 'node:worker_threads';
import type { LogLevel } from '../../config/config.ts';
import type { NameMemory, RememberedName } from '../../names/dns/memory.ts';
import { Batch } from '../../observe/batch.ts';
import type { EventContext, EventService } from '../../observe/events.ts';
import { urgencyOf, urgencyOfKind } from '../../observe/log-lines.ts';
import { observer } from '../../observe/observers.ts';
import type { KeepSessions } from '../../tls/engine/server-session-cache.ts';
import type { Answer, FromWorker, Question, Reply, SentEvent } from './messages.ts';

export class MainProxy {
  readonly #port: MessagePort;
  readonly #level: Int32Array;
  readonly #events = new Batch<SentEvent>((events) => this.#tell({ kind: 'events', events }));
  readonly #services = new WeakMap<EventService, EventService>();
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #asked = 0;

  /** @param logLevel one 32-bit number: the level of what belongs to no service */
  constructor(port: MessagePort, logLevel: SharedArrayBuffer) {
    this.#port = port;
    this.#level = new Int32Array(logLevel);
  }

  /** What nobody will read is not even sent: the log is the only observer there, and who adds another says here what that wants. */
  readonly observe = observer(
    (event, context) => {
      if (urgencyOf(event) > this.#limitFor(context)) return;
      this.#events.add({ event, context: { ...context, service: this.#asData(context.service) }, at: Date.now() });
    },
    (kind, context) => urgencyOfKind(kind) <= this.#limitFor(context),
  );

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

  /** What happened before it arrives before it. */
  answer(id: number, answer: Answer): void {
    this.#events.flush();
    this.#tell({ kind: 'answer', id, answer });
  }

  /** The last words of this thread. */
  flush(): void {
    this.#events.flush();
  }

  takeReply(id: number, reply: Reply): void {
    const resolve = this.#waiting.get(id);
    this.#waiting.delete(id);
    resolve?.(reply);
  }

  #limitFor({ service }: EventContext): LogLevel {
    return service?.logLevel ?? (Atomics.load(this.#level, 0) as LogLevel);
  }

  /** The little of a service that travels with its events; one object a service, which is sent once in a batch. */
  #asData(service: EventService | undefined): EventService | undefined {
    if (service === undefined) return undefined;
    const known = this.#services.get(service);
    if (known !== undefined) return known;
    const { name, mode, origin, logLevel } = service;
    const data = { name, mode, origin, logLevel };
    this.#services.set(service, data);
    return data;
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
