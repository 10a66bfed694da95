/** The supervisor as a worker sees it: questions with their replies, events in batches. Nothing is sent to one that has died. */
import type { LogLevel } from '../../config/config.ts';
import type { NameMemory, RememberedName } from '../../names/dns/memory.ts';
import { Batch } from '../../observe/batch.ts';
import type { EventContext, EventKind, EventService } from '../../observe/events.ts';
import { isFollowed } from '../../observe/followed.ts';
import { urgencyOf, urgencyOfKind } from '../../observe/log-lines.ts';
import { observer } from '../../observe/observers.ts';
import type { FilesRead } from '../../start-files.ts';
import type { DeskAnswer, ReadQuestion } from '../../status/desk.ts';
import type { KeepSessions } from '../../tls/engine/server-session-cache.ts';
import type { OpenKeyLog } from '../../tls/material/key-log.ts';
import type { Answer, FromWorker, Question, Reply, SentEvent } from './messages.ts';
import { ProgramsOfSupervisor } from './programs-of-supervisor.ts';
import type { SharedSettings } from './shared-state.ts';

/** Sends a message. @param sent called when it is on its way, or cannot be sent */
export type TellSupervisor = (message: FromWorker, sent?: () => void) => void;

export class SupervisorProxy {
  readonly #settings: SharedSettings;
  readonly #tell: TellSupervisor;
  readonly #events = new Batch<SentEvent>((events) => this.#tell({ kind: 'events', events }));
  readonly #services = new WeakMap<EventService, EventService>();
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #asked = 0;

  constructor(settings: SharedSettings, tell: TellSupervisor) {
    this.#settings = settings;
    this.#tell = tell;
  }

  /** What nobody will read is not even sent: there are the log, and whoever follows. */
  readonly observe = observer(
    (event, context) => {
      const logged = urgencyOf(event) <= this.#limitFor(context);
      if (!logged && !this.#isFollowed(event.kind)) return;
      const sent = { event, context: { ...context, service: this.#asData(context.service) }, at: Date.now() };
      if (logged) this.#events.add(sent);
      else this.#events.addWaiting(sent);
    },
    (kind, context) => urgencyOfKind(kind) <= this.#limitFor(context) || this.#isFollowed(kind),
  );

  /** The names clients were told, which only the supervisor knows. */
  readonly names: NameMemory = {
    nameFor: (client, address) => this.#ask({ kind: 'name-for', client, address }) as Promise<RememberedName>,
  };

  /** Which session went to which target, and the sessions of clients without tickets: a client may come back to another worker. */
  readonly keepSessions: KeepSessions = (cache) => ({
    put: (id, session, expires) => void this.#ask({ kind: 'keep-session', cache, id, session, expires }),
    get: async (id) => {
      const found = (await this.#ask({ kind: 'find-session', cache, id })) as Uint8Array | undefined;
      return found === undefined ? undefined : Buffer.from(found);
    },
    drop: (id) => void this.#ask({ kind: 'drop-session', cache, id }),
  });

  /** Key logs are opened by the supervisor, who could while it was root. */
  readonly openKeyLog: OpenKeyLog = (path) => (line) => void this.#ask({ kind: 'log-secret', path, line });

  /** What the ledger knows, for the status port. */
  readonly read = (question: ReadQuestion): Promise<DeskAnswer> => this.#ask({ kind: 'read-desk', question }) as Promise<DeskAnswer>;

  /** What renewed files hold now, read by the reader. */
  readonly filesChanged = (files: FilesRead): void => void this.#ask({ kind: 'files-changed', files });

  /** They are started there: this process may be fenced in. */
  readonly programs = new ProgramsOfSupervisor((message) => this.#tell(message));

  ready(): void {
    this.#tell({ kind: 'ready' });
  }

  /** What happened before it arrives before it. */
  answer(id: number, answer: Answer): void {
    this.#events.flush();
    this.#tell({ kind: 'answer', id, answer });
  }

  /** The last words of this worker. @param sent called when they are on their way, or cannot be sent */
  fail(text: string, stack: string | undefined, sent: () => void): void {
    this.#events.flush();
    this.#tell({ kind: 'failed', text, stack }, sent);
  }

  takeReply(id: number, reply: Reply): void {
    const resolve = this.#waiting.get(id);
    this.#waiting.delete(id);
    resolve?.(reply);
  }

  #limitFor({ service }: EventContext): LogLevel {
    return (this.#settings.levelByHand as LogLevel | undefined) ?? service?.logLevel ?? (this.#settings.logLevel as LogLevel);
  }

  #isFollowed(kind: EventKind): boolean {
    return isFollowed(kind) && this.#settings.followed;
  }

  /** The little of a service that travels with its events; one object a service, which is sent once in a batch. */
  #asData(service: EventService | undefined): EventService | undefined {
    if (service === undefined) return undefined;
    const known = this.#services.get(service);
    if (known !== undefined) return known;
    const { name, mode, origin, logLevel, serverName } = service;
    const data = { name, mode, origin, logLevel, serverName };
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
}
