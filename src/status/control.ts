/**
 * What the status room knows of the daemon and may ask of it: the whole seam between the two. All of it is plain data, so
 * that the answers may come from another process.
 */
import type { ErrorCode } from '../errors.ts';
import type { LiveConnection } from './ledger/live-connection.ts';

/** Whoever should know did not say in time. */
export class NoAnswer extends Error {}

export interface ServiceState {
  readonly name: string;
  readonly mode: 'client' | 'server';
  /** The real addresses it listens on, `HOST:PORT` or a path; none while it is drained, or where it is reached by `sni` alone. */
  readonly addresses: readonly string[];
  readonly drained: boolean;
  /** It has addresses of its own to listen on; without, it is a virtual host, or its client is a program. */
  readonly listens: boolean;
  /** Its connections are silent when they have carried nothing for so long; undefined: never. */
  readonly silentMs: number | undefined;
}

export interface ProcessVitals {
  /** `main`, or `worker 2`. */
  readonly process: string;
  readonly pid: number;
  /** undefined: it cannot be known without /proc, as in a jail. */
  readonly memoryBytes: number | undefined;
  readonly descriptors: number | undefined;
  readonly cpuSeconds: number;
  /** The longest the event loop was held up since the last time this was asked. */
  readonly delaySeconds: number;
}

/** What this process has put a fence around (`confine`): whatever whoever started it has put around it, a unit or a container, is not of it. */
export type FencedBySelf = 'nothing' | 'itself' | 'workers';

export interface DaemonState {
  readonly version: string;
  readonly openssl: string;
  readonly node: string;
  readonly pid: number;
  /** The configuration file; undefined where there is none. */
  readonly source: string | undefined;
  /** In milliseconds since 1970. */
  readonly startedAt: number;
  readonly draining: boolean;
  readonly services: readonly ServiceState[];
  /** undefined: nothing bounds them. */
  readonly connectionLimit: number | undefined;
  readonly workers: number;
  readonly fenced: FencedBySelf;
  /** undefined: as configured. */
  readonly logLevel: number | undefined;
}

export type Outcome = { readonly ok: true } | { readonly ok: false; readonly text: string };

export type ReloadOutcome =
  /** Names of the services that are new, gone, or not what they were. */
  | { readonly ok: true; readonly added: readonly string[]; readonly removed: readonly string[]; readonly changed: readonly string[] }
  /** Everything is as before. */
  | { readonly ok: false; readonly code: ErrorCode | undefined; readonly problems: readonly string[] };

export type UpgradeOutcome =
  /** `connections`: so many stay with this process until they end. */
  | { readonly ok: true; readonly version: string; readonly pid: number; readonly connections: number }
  /** This process goes on as before. */
  | { readonly ok: false; readonly problems: readonly string[] };

export interface Control {
  /** The process that has taken the place of this one: orders that had to wait for that are meant for it. */
  readonly servedBy?: number | undefined;
  state(): DaemonState;
  /** @throws NoAnswer */
  connections(): Promise<readonly LiveConnection[]>;
  /** @throws NoAnswer */
  vitals(): Promise<readonly ProcessVitals[]>;
  /** @returns whether it was open. @throws NoAnswer */
  end(connection: number): Promise<boolean>;
  /** Stops accepting for one service; its open connections go on. */
  drain(service: string): Promise<Outcome>;
  resume(service: string): Promise<Outcome>;
  reload(): Promise<ReloadOutcome>;
  /** Starts what the program file is by now in the place of this process. */
  upgrade(): Promise<UpgradeOutcome>;
  /** For everything, until the next reload; undefined: as configured. */
  setLogLevel(level: number | undefined): Outcome;
}
