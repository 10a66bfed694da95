/**
 * What stands around a running gateway: put up while the process is still root and its ports are bound, watched while it serves,
 * and taken down last. After a change of user the way back needs root again: a small shell that was started before holds it, knows
 * one command, and runs it only when told to, so a killed gateway leaves the guard standing.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { DaemonEvent } from '../observe/daemon-events.ts';
import type { GatewayPlan } from './apply.ts';
import { prepareGateway, removeGateway } from './apply.ts';
import { enterCgroup } from './cgroup.ts';
import { PASSED } from './counting-rules.ts';
import { NftSession } from './nft-session.ts';
import { GUARD_TABLE, guardTable, INTERCEPTION_TABLE, interceptionTable } from './rules.ts';
import { startWarnings } from './summary.ts';
import { tableLine } from './table-text.ts';
import { TrafficWatch } from './traffic-watch.ts';
import { countedIn, countingQuestions } from './unwrapped.ts';

export interface ScaffoldOptions {
  readonly plan: GatewayPlan;
  /** The process gives up root between `putUp` and `takeDown`. */
  readonly changesUser: boolean;
  /** How this program is started again as `gateway down`: argv of the process. */
  readonly downCommand: readonly string[];
  readonly tell: (event: DaemonEvent) => void;
  /** What is said when it stands: the start's summary, line by line. */
  readonly summary: readonly string[];
}

/** How often the tables are looked after. A reload of another firewall (`flush ruleset`) removes the guard. */
const WATCH_MS = 2000;
/** Every how many looks the traffic that goes past us is counted. */
const COUNT_EVERY = 3;

export class Scaffold {
  /** Resolves when the interception is lost and cannot be put up again; the process should end then. */
  readonly lost: Promise<void>;
  readonly #options: ScaffoldOptions;
  readonly #giveUp: () => void;
  #session: NftSession | undefined;
  #undoer: ChildProcess | undefined;
  #leaveCgroup: (() => void) | undefined;
  #watch: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #looks = 0;
  readonly #traffic: TrafficWatch;
  #standing = false;

  constructor(options: ScaffoldOptions) {
    this.#options = options;
    this.#traffic = new TrafficWatch(options.tell);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.lost = promise;
    this.#giveUp = resolve;
  }

  /** @throws OvercoatError `gateway_conflict`, `gateway_rules`; all is as it was then */
  async putUp(): Promise<void> {
    const { plan, changesUser, downCommand, tell, summary } = this.#options;
    for (const text of startWarnings(plan)) tell({ kind: 'message', level: 4, text });
    const prepared = await prepareGateway(plan, 'run');
    this.#standing = true;
    try {
      if (plan.rules.local?.kind === 'cgroup') this.#leaveCgroup = enterCgroup(plan.rules.local);
      this.#session = await this.#intercept();
      if (changesUser) this.#undoer = startUndoer(downCommand);
    } catch (cause) {
      this.#standing = false;
      await this.#session?.close();
      this.#leaveCgroup?.();
      await prepared.abandon();
      throw cause;
    }
    for (const text of summary) tell({ kind: 'message', level: 5, text });
    this.#watch = setInterval(() => {
      this.#looking = this.#look();
    }, WATCH_MS).unref();
  }

  /** Undoes everything that `putUp` did; does nothing where it failed or was not called. */
  async takeDown(): Promise<void> {
    if (!this.#standing) return;
    this.#standing = false;
    clearInterval(this.#watch);
    await this.#looking;
    await this.#session?.close();
    this.#leaveCgroup?.();
    const failed = this.#undoer === undefined ? (await removeGateway()).failed : await tellUndoer(this.#undoer);
    for (const text of failed) this.#options.tell({ kind: 'message', level: 4, text });
  }

  async #intercept(): Promise<NftSession> {
    const session = new NftSession();
    try {
      await session.run(tableLine(interceptionTable(this.#options.plan.rules, true)));
    } catch (cause) {
      await session.close();
      throw cause;
    }
    void session.ended.then(() => this.#lost(session));
    return session;
  }

  /** The child that owns the table is gone, and the table with it. */
  async #lost(session: NftSession): Promise<void> {
    if (this.#session !== session || !this.#standing) return;
    this.#options.tell({ kind: 'interception-lost', what: 'rules' });
    try {
      this.#session = await this.#intercept();
    } catch (cause) {
      this.#options.tell({ kind: 'interception-not-restored', what: 'rules', text: (cause as Error).message });
      this.#giveUp();
    }
  }

  async #look(): Promise<void> {
    await this.#lookAfterGuard();
    this.#looks += 1;
    if (this.#looks % COUNT_EVERY !== 1 || this.#session === undefined) return;
    const session = this.#session;
    const questions = countingQuestions(INTERCEPTION_TABLE, PASSED);
    const answers = await Promise.all(questions.map((words) => session.read(words.join(' ')))).catch(() => undefined); // it is being put back
    const counted = answers === undefined ? undefined : countedIn(answers);
    if (counted !== undefined) this.#traffic.look(counted);
  }

  async #lookAfterGuard(): Promise<void> {
    const guard = guardTable(this.#options.plan.rules);
    if (guard === undefined || this.#session === undefined) return;
    try {
      await this.#session.run(`list table inet ${GUARD_TABLE}`);
    } catch {
      this.#options.tell({ kind: 'interception-lost', what: 'guard' });
      await this.#session
        .run(tableLine(guard))
        .catch(({ message: text }: Error) => this.#options.tell({ kind: 'interception-not-restored', what: 'guard', text }));
    }
  }
}

/**
 * A root shell that reads one word from a pipe and then runs the one command it was given. It is told by a pipe because the kernel does
 * not let a process without root signal it; the pipe also tells it when this process has ended. Its text is fixed, so somebody who takes
 * over this process cannot make it run anything else.
 */
function startUndoer(downCommand: readonly string[]): ChildProcess {
  const script = `trap '' TERM INT HUP; read -r word && [ "$word" = down ] && exec "$@"`;
  return spawn('/bin/sh', ['-c', script, 'overcoat-undo', ...downCommand], {
    detached: true,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'pipe'],
  });
}

/** @returns what it complained about, line by line */
async function tellUndoer({ stdin, stderr }: ChildProcess): Promise<readonly string[]> {
  stdin?.on('error', () => undefined);
  stdin?.end('down\n');
  const said = stderr === null ? '' : await text(stderr);
  return said.split('\n').filter((line) => line !== '');
}
