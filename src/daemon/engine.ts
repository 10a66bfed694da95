/**
 * Where connections run, as the daemon sees it: in its own process or in several workers. Start, reload and drain are written once,
 * against this; an engine gets back only services and listeners that it made itself.
 */
import type { Config, GlobalConfig, LogLevel, ServiceConfig } from '../config/config.ts';
import type { ConnectionSummary } from '../connection/accept/connection-table.ts';
import type { CloseReason } from '../observe/events.ts';
import type { PassedSocket } from '../sockets/passed-socket.ts';
import type { FilesRead } from '../start-files.ts';
import type { FencedBySelf, ProcessVitals } from '../status/control.ts';
import type { Desk } from '../status/desk.ts';
import type { AskPassphrase } from '../tls/material/key-material.ts';
import type { ServiceTls } from '../tls/service-tls.ts';
import type { WatchedFiles } from './renewal/watched-files.ts';
import type { ServiceProcess } from './service-process/service-process.ts';
import type { ReachedProcesses } from './watch/reached-processes.ts';

/** A service made ready to run, whatever else the engine keeps with it. */
export interface Served {
  readonly config: ServiceConfig;
  readonly tls: Pick<ServiceTls, 'ownCertificate' | 'expiries'>;
  /** What it was made of, apart for TLS and for names. */
  readonly files: { readonly tls: FilesRead; readonly names: FilesRead };
}

/** A service that is to have other contents of its files. */
export interface Renewing {
  readonly service: Served;
  readonly files: FilesRead;
}

/** The bound sockets of one `accept` line. */
export interface ServiceListener {
  /** The real addresses, `HOST:PORT` or a path. */
  readonly addresses: readonly string[];
  /** Lets clients in. @throws OvercoatError `start_bind` when another socket listens there after all */
  start(): Promise<void>;
  /** From the next accepted client on, once it resolves; running connections keep the service they began with. */
  replaceService(service: Served): Promise<void>;
  /** What the process that takes this one's place accepts from; they stay ours until `close`. */
  readonly sockets: readonly PassedSocket[];
  /** Stops accepting and gives the addresses back; running connections go on. @param passed another process has the sockets as well */
  close(passed?: boolean): Promise<void>;
}

export interface OpenConnections {
  readonly size: number;
  /** How many there may be at once; undefined: any number. */
  limit: number | undefined;
  list(): Promise<readonly ConnectionSummary[]>;
  /** Resolves when no connection is open (at once if none is). */
  empty(): Promise<void>;
  closeAll(reason: CloseReason): Promise<void>;
  /** Ends one, as an order of whoever runs this. @returns whether it was open */
  end(connection: number): Promise<boolean>;
}

export interface Engine {
  readonly connections: OpenConnections;
  readonly service: ServiceProcess;
  /** Resolves, with the reason, when it cannot serve any more. */
  readonly broken: Promise<string>;
  /**
   * Loads everything the services of a configuration need. Files are opened before the first wait.
   * @param known files that need not be read any more
   * @throws OvercoatError as `prepareServices`
   */
  prepare(config: Config, ask: AskPassphrase, known?: FilesRead): Promise<readonly Served[]>;
  /**
   * Makes services again of other contents of their files; where they go, and everything else, stays. Services that share a port by
   * name come together.
   * @returns in the same order. @throws OvercoatError as `prepare`, for contents that cannot be used
   */
  renew(services: readonly Renewing[], ask: AskPassphrase): Promise<readonly Served[]>;
  /** Where files that may be renewed are looked at. */
  readonly files: WatchedFiles;
  /** @param passed what the process before had for it, in place of new sockets. @throws OvercoatError `start_bind` */
  bindService(service: Served, passed?: readonly PassedSocket[]): Promise<ServiceListener>;
  /** Resolves when nothing more is needed that chroot or another user would be denied. @throws OvercoatError `start_process` */
  settle(): Promise<void>;
  /** Chroot and another user, for whoever serves outside of this process, which has done so. @throws OvercoatError as `confine` */
  confine(global: Pick<GlobalConfig, 'chroot' | 'setuid' | 'setgid'>, mayGainPrivileges: boolean): Promise<void>;
  /** The levels of a new configuration. */
  configure(global: GlobalConfig): void;
  /** As `Log.setLevel`, for whoever serves outside of this process. */
  setLogLevel(level: LogLevel | undefined): void;
  /** Somebody besides the log wants to be told what happens (`observe/followed.ts`), and the status port asks there. */
  follow(desk: Desk): void;
  /** Whoever serves connections, or reads what a network says. */
  readonly reached: ReachedProcesses;
  /** How many processes serve connections. */
  readonly workers: number;
  readonly fenced: FencedBySelf;
  /** Of every process that belongs to it, this one first. */
  vitals(): Promise<readonly ProcessVitals[]>;
  /** The listeners have these services now: programs that are clients run, and what no listener has any more is forgotten. */
  switchedTo(services: readonly Served[]): void;
  /** Starts no program any more; connections that are open go on. */
  stopPrograms(): void;
  /** The last lines are in the log, and nothing runs any more. */
  close(): Promise<void>;
}
