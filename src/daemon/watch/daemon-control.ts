/** The daemon as the status room sees it: what it says of itself, and what may be asked of it. */
import { isDeepStrictEqual } from 'node:util';
import type { LogLevel, ServiceConfig } from '../../config/config.ts';
import { OvercoatError } from '../../errors.ts';
import type { Log } from '../../observe/log.ts';
import { opensslVersion } from '../../openssl/library/version.ts';
import { overcoatVersion } from '../../self.ts';
import type { Control, DaemonState, Outcome, ProcessVitals, ReloadOutcome, UpgradeOutcome } from '../../status/control.ts';
import { NoAnswer } from '../../status/control.ts';
import { StartTime } from '../../status/ledger/clock-jumps.ts';
import type { LiveConnection } from '../../status/ledger/live-connection.ts';
import { meantAmong } from '../../text/similar.ts';
import type { Engine, Served } from '../engine.ts';
import type { Launch } from '../launch.ts';
import type { ListenerSet } from '../listener-set.ts';
import type { Manager } from '../process/ready.ts';
import type { Reloaded, Serving } from '../reload/reload.ts';

/** A worker that hangs must not hang whoever looks for the reason. */
const ANSWER_WITHIN_MS = 2000;

export interface ControlParts {
  readonly engine: Engine;
  readonly listeners: ListenerSet;
  readonly log: Log;
  readonly launch: Launch;
  readonly manager: Manager;
}

/** The daemon as far as it can be asked and told. */
export interface ControlledDaemon {
  readonly serving: Serving;
  /** The process that has taken its place. */
  readonly servedBy: number | undefined;
  /** It accepts nobody any more. */
  readonly stopping: boolean;
  /** Why it carries out no order any more, once it is stopping. */
  readonly whyOver: string;
  /** Never rejects. */
  reload(): Promise<Reloaded>;
  /** @throws OvercoatError; nothing has changed then */
  setDrained(service: string, wanted: boolean): Promise<void>;
  /** Never rejects. */
  upgrade(): Promise<UpgradeOutcome>;
}

export class DaemonControl implements Control {
  readonly #parts: ControlParts;
  readonly #daemon: ControlledDaemon;
  readonly #startedAt = new StartTime();

  constructor(parts: ControlParts, daemon: ControlledDaemon) {
    this.#parts = parts;
    this.#daemon = daemon;
  }

  get servedBy(): number | undefined {
    return this.#daemon.servedBy;
  }

  state(): DaemonState {
    const { services, drained } = this.#daemon.serving;
    const { engine, launch, listeners, log } = this.#parts;
    return {
      version: overcoatVersion(),
      openssl: opensslVersion(),
      node: process.versions.node,
      pid: process.pid,
      source: launch.source,
      startedAt: this.#startedAt.ms,
      draining: this.#daemon.stopping,
      services: services.map(({ config: { name, mode, accept, silentMs } }) => ({
        name,
        mode,
        addresses: listeners.addressesOf(name),
        drained: drained.has(name),
        listens: accept.length > 0,
        silentMs,
      })),
      connectionLimit: engine.connections.limit,
      workers: engine.workers,
      fenced: engine.fenced,
      logLevel: log.levelByHand,
    };
  }

  connections(): Promise<readonly LiveConnection[]> {
    return inTime(this.#parts.engine.connections.list());
  }

  vitals(): Promise<readonly ProcessVitals[]> {
    return inTime(this.#parts.engine.vitals());
  }

  end(connection: number): Promise<boolean> {
    return inTime(this.#parts.engine.connections.end(connection));
  }

  drain(service: string): Promise<Outcome> {
    return this.#setDrained(service, true);
  }

  resume(service: string): Promise<Outcome> {
    return this.#setDrained(service, false);
  }

  async #setDrained(service: string, drained: boolean): Promise<Outcome> {
    const { services } = this.#daemon.serving;
    const found = services.find(({ config }) => config.name === service);
    if (found === undefined) {
      const names = services.map(({ config }) => config.name);
      return { ok: false, text: `there is no service [${service}]${meantAmong(service, names)}` };
    }
    if (found.config.accept.length === 0) return { ok: false, text: `service [${service}] has no address of its own to listen on` };
    if (this.#daemon.stopping) return { ok: false, text: this.#daemon.whyOver };
    try {
      await this.#daemon.setDrained(service, drained);
      return { ok: true };
    } catch (cause) {
      if (!(cause instanceof OvercoatError)) throw cause;
      return { ok: false, text: cause.message };
    }
  }

  async reload(): Promise<ReloadOutcome> {
    const before = this.#daemon.serving.services;
    const reloaded = await this.#daemon.reload();
    if (!reloaded.ok) return reloaded;
    return { ok: true, ...difference(before, reloaded.serving.services) };
  }

  upgrade(): Promise<UpgradeOutcome> {
    return this.#daemon.upgrade();
  }

  setLogLevel(level: number | undefined): Outcome {
    this.#parts.log.setLevel(level as LogLevel | undefined);
    this.#parts.engine.setLogLevel(level as LogLevel | undefined);
    return { ok: true };
  }
}

function difference(before: readonly Served[], after: readonly Served[]): Record<'added' | 'removed' | 'changed', readonly string[]> {
  const [old, next] = [byName(before), byName(after)];
  return {
    added: [...next.keys()].filter((name) => !old.has(name)),
    removed: [...old.keys()].filter((name) => !next.has(name)),
    changed: [...next].filter(([name, config]) => old.has(name) && !isDeepStrictEqual(old.get(name), config)).map(([name]) => name),
  };
}

function byName(services: readonly Served[]): ReadonlyMap<string, ServiceConfig> {
  return new Map(services.map(({ config }) => [config.name, config]));
}

/** @throws NoAnswer */
function inTime<Result>(work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new NoAnswer('a worker does not answer')), ANSWER_WITHIN_MS);
    void work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
