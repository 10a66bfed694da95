/**
 * Services with `exec` and `connect`: nothing is listened on, because the client is a program that the daemon starts. It is started
 * once, or again and again with `retry`: when it has ended and its connection too, after a pause. What a reload finds unchanged runs
 * on; what it no longer finds is left to its end and not started again.
 */
import { beginConnection } from '../connection/accept/accepted.ts';
import { nextConnection } from '../connection/accept/connection-id.ts';
import type { ListenerContext } from '../connection/accept/listener.ts';
import { acceptProgram, clientIsProgram } from '../connection/dial/program-leg.ts';
import { handleConnection } from '../connection/handle.ts';
import type { Service } from '../connection/record.ts';
import type { ConnectionIdentity } from '../observe/events.ts';

/** As long as a timer can wait; it only keeps the process from ending for want of work. */
const KEEP_ALIVE_MS = 2 ** 31 - 1;

export class ProgramClients {
  readonly #context: ListenerContext;
  #running: readonly ProgramClient[] = [];
  #keepAlive: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(context: ListenerContext) {
    this.#context = context;
  }

  /** From now on these services have their programs, and no others are started. */
  replace(services: readonly Service[]): void {
    const before = [...this.#running];
    this.#running = (this.#closed ? [] : services)
      .filter(({ config }) => clientIsProgram(config))
      .map((service) => {
        const index = before.findIndex((client) => client.goesOnAs(service));
        const [found] = index < 0 ? [] : before.splice(index, 1);
        return found ?? new ProgramClient(service, this.#context);
      });
    for (const client of before) client.stop();
    if (this.#running.length > 0) this.#keepAlive ??= setInterval(() => undefined, KEEP_ALIVE_MS);
  }

  /** Starts no program any more; connections that are open go on. */
  close(): void {
    this.#closed = true;
    this.replace([]);
    clearInterval(this.#keepAlive);
  }
}

class ProgramClient {
  readonly #context: ListenerContext;
  /** Of its first connection; the later ones are called after it. */
  readonly #first: ConnectionIdentity;
  #service: Service;
  #attempt = 0;
  #pause: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(service: Service, context: ListenerContext) {
    this.#service = service;
    this.#context = context;
    this.#first = nextConnection(service.config.logId);
    context.observe({ kind: 'program-client-starting' }, { id: 'ui', service: service.config });
    this.#pause = setTimeout(() => void this.#run(), 0); // who starts us says first that everything serves
  }

  /** Replaces the service where the new one starts the same program; it counts from the program's next start on. */
  goesOnAs(service: Service): boolean {
    if (this.#ended || sameProgram(service) !== sameProgram(this.#service)) return false;
    this.#service = service;
    return true;
  }

  stop(): void {
    this.#ended = true;
    clearTimeout(this.#pause);
  }

  async #run(): Promise<void> {
    const service = this.#service;
    const life = beginConnection(undefined, service, this.#context, this.#identity());
    if (this.#attempt === 0) life.emit({ kind: 'started' });
    this.#attempt += 1;
    try {
      const { accepted, program } = await acceptProgram(service, life);
      await handleConnection(accepted, service, life, this.#context);
      await program.exited;
    } catch (cause) {
      life.close(cause instanceof Error ? cause : new Error(String(cause)));
    }
    const { retryMs } = this.#service.config;
    if (retryMs === undefined) this.#ended = true;
    if (this.#ended) return;
    this.#context.observe({ kind: 'program-client-retried' }, { ...life.identity, service: service.config });
    this.#pause = setTimeout(() => void this.#run(), retryMs);
  }

  #identity(): ConnectionIdentity {
    if (this.#attempt === 0) return this.#first;
    const { connection } = nextConnection('sequential');
    return { connection, id: `${this.#first.id}_${this.#attempt}` };
  }
}

function sameProgram({ config }: Service): string {
  return JSON.stringify([config.name, config.exec]);
}
