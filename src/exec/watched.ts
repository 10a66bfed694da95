/**
 * `exec --control`: the wrapped command's connections are looked at as those of a daemon are. It has no configuration to read again and
 * listens nowhere, so some orders are refused with why. Loaded only where it is asked for.
 */
import { basename } from 'node:path';
import type { LogLevel } from '../config/config.ts';
import type { ConnectionTable } from '../connection/accept/connection-table.ts';
import { vitals } from '../daemon/process/vitals.ts';
import type { Observe } from '../observe/events.ts';
import type { Log } from '../observe/log.ts';
import { fanOut } from '../observe/observers.ts';
import { opensslVersion } from '../openssl/library/version.ts';
import { overcoatVersion } from '../self.ts';
import type { Control, DaemonState, Outcome, ProcessVitals, ReloadOutcome, UpgradeOutcome } from '../status/control.ts';
import { LocalDesk } from '../status/desk.ts';
import { openControl } from '../status/http/control-socket.ts';
import { StartTime } from '../status/ledger/clock-jumps.ts';
import { STEP_MS } from '../status/ledger/history.ts';
import { Ledger } from '../status/ledger/ledger.ts';
import type { LiveConnection } from '../status/ledger/live-connection.ts';
import { Views } from '../status/views.ts';
import { PLAIN_SERVICE, WRAP_SERVICE } from './explain.ts';

const MAIN = { id: 'main', service: undefined } as const;
const NOBODY = { uid: undefined, gid: undefined } as const;
/** As long as the command runs: a process of one user, seen by that user. */
const KEEP_CLIENTS_MS = Number.POSITIVE_INFINITY;

export interface WatchedExec {
  readonly command: readonly string[];
  readonly connections: ConnectionTable;
  readonly log: Log | undefined;
  readonly observe: Observe;
}

/** @throws OvercoatError `start_bind` the path cannot be had */
export async function watchExec(
  path: string,
  { command, connections, log, observe }: WatchedExec,
): Promise<{ readonly observe: Observe; close(): void }> {
  const ledger = new Ledger(KEEP_CLIENTS_MS);
  const views = new Views(ledger, new ExecControl(connections, log));
  const desk = new LocalDesk(
    () => views,
    (tell) => ledger.onEvent(tell),
    ({ message, stack }) => observe({ kind: 'defect', text: `status: ${message}`, stack }, MAIN),
  );
  const notice = (text: string): void => observe({ kind: 'configuration-warning', text }, MAIN);
  const name = `exec-${basename(command[0] ?? '')}`;
  const served = await openControl({ path, owner: NOBODY, name, early: false, replace: false }, desk, notice);
  const steps = setInterval(() => void views.step(), STEP_MS).unref();
  served?.appear();
  return {
    observe: fanOut([observe, ledger.observe]),
    close: () => {
      clearInterval(steps);
      served?.close();
    },
  };
}

class ExecControl implements Control {
  readonly #connections: ConnectionTable;
  readonly #log: Log | undefined;
  readonly #startedAt = new StartTime();

  constructor(connections: ConnectionTable, log: Log | undefined) {
    this.#connections = connections;
    this.#log = log;
  }

  state(): DaemonState {
    const service = { mode: 'client', addresses: [], drained: false, listens: false, silentMs: undefined } as const;
    return {
      version: overcoatVersion(),
      openssl: opensslVersion(),
      node: process.versions.node,
      pid: process.pid,
      source: undefined,
      startedAt: this.#startedAt.ms,
      draining: false,
      services: [WRAP_SERVICE, PLAIN_SERVICE].map((name) => ({ ...service, name })),
      connectionLimit: undefined,
      workers: 1,
      fenced: 'nothing',
      logLevel: this.#log?.levelByHand,
    };
  }

  async connections(): Promise<readonly LiveConnection[]> {
    return this.#connections.list();
  }

  async vitals(): Promise<readonly ProcessVitals[]> {
    return [vitals('main')];
  }

  async end(connection: number): Promise<boolean> {
    return this.#connections.close(connection, { kind: 'ordered' });
  }

  async drain(): Promise<Outcome> {
    return { ok: false, text: 'exec listens nowhere: it takes what its command connects to' };
  }

  resume(): Promise<Outcome> {
    return this.drain();
  }

  async reload(): Promise<ReloadOutcome> {
    return { ok: false, code: undefined, problems: ['exec has no configuration file: end the command and start it again'] };
  }

  async upgrade(): Promise<UpgradeOutcome> {
    return { ok: false, problems: ['exec goes on as it began: end the command and start it again'] };
  }

  setLogLevel(level: number | undefined): Outcome {
    if (this.#log === undefined) return { ok: false, text: 'it writes no log: start it with --log FILE, or with --debug 6 or 7' };
    this.#log.setLevel(level as LogLevel | undefined);
    return { ok: true };
  }
}
