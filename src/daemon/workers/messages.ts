/**
 * What the supervisor and its workers say to each other, types only. Everything is plain data, since a message is a clone without
 * classes; messages of one direction arrive in the order they were sent.
 */
import type { ExecConfig, GlobalConfig, ServiceConfig } from '../../config/config.ts';
import type { ConnectionSummary } from '../../connection/accept/connection-table.ts';
import type { LookupResult } from '../../connection/dial/name-lookup.ts';
import type { FoundTargets } from '../../connection/dial/targets.ts';
import type { ErrorCode } from '../../errors.ts';
import type { RememberedName } from '../../names/dns/memory.ts';
import type { CloseReason, EventContext, OvercoatEvent } from '../../observe/events.ts';
import type { ProgramFacts } from '../../programs/environment.ts';
import type { ProgramExit } from '../../programs/program.ts';
import type { FilesRead } from '../../start-files.ts';
import type { ProcessVitals } from '../../status/control.ts';
import type { DeskAnswer, ReadQuestion } from '../../status/desk.ts';
import type { LibraryConfig } from '../../tls/material/providers.ts';
import type { FenceInside } from '../fence/fence.ts';
import type { WatchOrder } from '../renewal/file-watch.ts';
import type { ServiceAnswer, ServiceQuestion, StandingOrder } from '../service-process/messages.ts';

/** The first message to a process: what it has to know to be ready for any role. */
export interface StartRecord {
  /** The size of the shared memory, in processes, and the place of this one in it. */
  readonly places: number;
  readonly place: number;
  /** Files will be out of reach later: everything is imported before it is ready. */
  readonly sealed: boolean;
  /** Sealed: what the TLS library of any role is told, since its modules will be out of reach later. May hold secrets (a PIN). */
  readonly library: LibraryConfig | undefined;
  /** It was born behind a fence, which it closes first of all. */
  readonly fence: FenceInside | undefined;
  /** The status port may be its business, which counts among everything. */
  readonly status: boolean;
}

/** What a process is there for. Until it is told so it is a spare, and has no secret but `StartRecord.library`. */
export type Role =
  | {
      readonly kind: 'worker';
      /** From 1, as in the log and in the name of the process. */
      readonly slot: number;
      /** The secret behind session tickets: what one worker gave out the others honour. */
      readonly ticketMaster: Uint8Array;
      /** Clients are told names by our DNS forwarder; the supervisor can find out which. */
      readonly asksForNames: boolean;
      /** What its TLS library is told first; may hold secrets. */
      readonly library: LibraryConfig;
    }
  | { readonly kind: 'service' }
  /** Keeps the rights of the start, and reads files that may be renewed: these questions of `FilesRead` alone, whatever it is told later. */
  | { readonly kind: 'reader'; readonly mayRead: readonly string[]; readonly folder: string };

/** Services that were prepared together, a configuration's or some of one with renewed files, with all that is needed to prepare them again. */
export interface Generation {
  readonly number: number;
  readonly services: readonly GenerationService[];
  readonly passphrases: ReadonlyMap<string, string>;
}

export interface GenerationService {
  readonly config: ServiceConfig;
  readonly files: FilesRead;
  /** Of the service, and of its `redirect`. */
  readonly targets: readonly FoundTargets[];
}

/** One service of a generation. */
export interface ServiceReference {
  readonly generation: number;
  readonly index: number;
}

/** A socket that already listens; its descriptor travels beside the order. */
export interface HandedSocket {
  readonly text: string;
  readonly port: number;
}

export type Confinement = Pick<GlobalConfig, 'chroot' | 'setuid' | 'setgid'>;

/** What is asked of a process, whatever its role; each order is answered once. */
export type CommonOrder =
  /** What it costs the machine. */
  | { readonly kind: 'vitals' }
  /** It is no spare any more. One that cannot take its role, or has one, ends. */
  | { readonly kind: 'take-role'; readonly role: Role }
  /** Chroot, and another user; `mayGainPrivileges` as `dropPrivileges` has it. */
  | { readonly kind: 'confine'; readonly global: Confinement; readonly mayGainPrivileges: boolean }
  /** Answered when everything that happened before is on its way. */
  | { readonly kind: 'flush' };

/** What is asked of the service process. */
export type ServiceOrder =
  | { readonly kind: 'keep'; readonly order: StandingOrder }
  | { readonly kind: 'ask-service'; readonly question: ServiceQuestion }
  /** Another process has the sockets now. */
  | { readonly kind: 'stop-keeping' };

/** What is asked of the reader. */
export type ReaderOrder = { readonly kind: 'watch-files'; readonly orders: readonly WatchOrder[] } | { readonly kind: 'read-files' };

/** What is asked of a worker. */
export type WorkerOrder =
  | { readonly kind: 'prepare'; readonly generation: Generation }
  | { readonly kind: 'forget'; readonly generations: readonly number[] }
  | { readonly kind: 'listen'; readonly listener: number; readonly service: ServiceReference; readonly sockets: readonly HandedSocket[] }
  | { readonly kind: 'replace'; readonly listener: number; readonly service: ServiceReference }
  | { readonly kind: 'close'; readonly listener: number }
  /** Asks the resolver of the system. */
  | { readonly kind: 'find-addresses'; readonly host: string }
  | { readonly kind: 'list' }
  | { readonly kind: 'when-empty' }
  /** Answered with `closed-one`. */
  | { readonly kind: 'close-one'; readonly connection: number }
  | { readonly kind: 'close-all'; readonly reason: CloseReason }
  /** The services whose clients are programs: these run, and no others. */
  | { readonly kind: 'run-programs'; readonly services: readonly ServiceReference[] }
  | { readonly kind: 'stop-programs' };

export type RoleOrder = ServiceOrder | ReaderOrder | WorkerOrder;

export type Order = CommonOrder | RoleOrder;

export type Answer =
  | { readonly kind: 'done' }
  | { readonly kind: 'found'; readonly result: LookupResult }
  | { readonly kind: 'service-answer'; readonly answer: ServiceAnswer }
  | { readonly kind: 'listed'; readonly connections: readonly ConnectionSummary[] }
  | { readonly kind: 'files-read'; readonly files: FilesRead }
  | { readonly kind: 'closed-one'; readonly found: boolean }
  | { readonly kind: 'vitals'; readonly vitals: ProcessVitals }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly text: string };

/** What happened in a worker, for the observers of the supervisor. */
export interface SentEvent {
  readonly event: OvercoatEvent;
  readonly context: EventContext;
  /** When it happened, in milliseconds since 1970. */
  readonly at: number;
}

/** What a worker asks of the supervisor. */
export type Question =
  | { readonly kind: 'name-for'; readonly client: string; readonly address: string }
  /** What is remembered of a TLS session by its name or id. */
  | {
      readonly kind: 'keep-session';
      readonly cache: string;
      readonly id: string;
      readonly session: Uint8Array;
      readonly expires: number;
    }
  | { readonly kind: 'find-session' | 'drop-session'; readonly cache: string; readonly id: string }
  /** One line for the key log of a service. */
  | { readonly kind: 'log-secret'; readonly path: string; readonly line: string }
  /** For the reader alone: they have changed. */
  | { readonly kind: 'files-changed'; readonly files: FilesRead }
  /** For the service process alone. */
  | { readonly kind: 'read-desk'; readonly question: ReadQuestion };

export type Reply = DeskAnswer | RememberedName | Uint8Array | undefined;

export type ToWorker =
  | { readonly kind: 'start'; readonly record: StartRecord }
  /** `descriptors`: so many travel beside it (linux/sockets/descriptor-passing.ts). */
  | { readonly kind: 'order'; readonly id: number; readonly order: Order; readonly descriptors: number }
  | { readonly kind: 'reply'; readonly id: number; readonly reply: Reply }
  /** `id` is that of the order; one descriptor travels beside it. */
  | { readonly kind: 'program-started'; readonly id: number; readonly pid: number }
  | { readonly kind: 'program-failed'; readonly id: number; readonly text: string; readonly code: string | undefined }
  | { readonly kind: 'program-ended'; readonly id: number; readonly exit: ProgramExit };

export type FromWorker =
  | { readonly kind: 'ready' }
  /** Its last words, when an exception ends it. */
  | { readonly kind: 'failed'; readonly text: string; readonly stack: string | undefined }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer }
  /** A program of a service, and what is known of its connection. */
  | { readonly kind: 'start-program'; readonly id: number; readonly exec: ExecConfig; readonly facts: ProgramFacts }
  | { readonly kind: 'question'; readonly id: number; readonly question: Question }
  | { readonly kind: 'events'; readonly events: readonly SentEvent[] };
