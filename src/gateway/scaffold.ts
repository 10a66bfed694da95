/**
 * What stands around a running gateway: put up while the process is still root and its ports are bound, watched while it serves (what
 * somebody else removes is put back), and taken down last. After a change of user the way back needs root again: a small shell that was started before holds it, knows
 * one command, and runs it only when told to, so a killed gateway leaves the guard standing.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { NETLINK, NetlinkWatch } from '../linux/network/netlink-watch.ts';
import type { DaemonEvent } from '../observe/daemon-events.ts';
import type { GatewayPlan } from './machine/apply.ts';
import { prepareGateway, removeGateway } from './machine/apply.ts';
import { enterCgroup } from './machine/cgroup.ts';
import { DeviceWatch } from './machine/device-watch.ts';
import { NftSession } from './machine/nft-session.ts';
import { TrackingWatch } from './machine/tracking-watch.ts';
import { PASSED } from './rules/counting-rules.ts';
import type { GatewayRules } from './rules/rules.ts';
import { GUARD_TABLE, guardTable, INTERCEPTION_TABLE, interceptionTable, LINK_SET } from './rules/rules.ts';
import { tableContents } from './rules/table-contents.ts';
import { tableLine } from './rules/table-text.ts';
import { startWarnings } from './summary.ts';
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

/** How often the kernel is asked whether anybody has changed rules or devices: a reload of another firewall (`flush ruleset`) removes the guard. */
const LISTEN_MS = 200;
/** Every how many of these questions everything is looked at, whatever the kernel says. */
const LOOK_EVERY = 10;
/** Every how many of these the traffic that goes past us is counted. */
const COUNT_EVERY = 30;

export class Scaffold {
  /** Resolves when the interception is lost and cannot be put up again; the process should end then. */
  readonly lost: Promise<void>;
  readonly #options: ScaffoldOptions;
  readonly #giveUp: () => void;
  #session: NftSession | undefined;
  #undoer: ChildProcess | undefined;
  #leaveCgroup: (() => void) | undefined;
  #watch: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #questions = 0;
  readonly #traffic: TrafficWatch;
  readonly #tracking = new TrackingWatch();
  #devices: DeviceWatch | undefined;
  #changes: readonly NetlinkWatch[] = [];
  /** With the numbers of devices that came while it ran. */
  #rules: GatewayRules;
  /** What the guard was when it was put up; undefined until it is known, and where there is none. */
  #guardContents: string | undefined;
  /** The guard is missing and could not be put back, which was said. */
  #unguarded = false;
  #standing = false;

  constructor(options: ScaffoldOptions) {
    this.#options = options;
    this.#rules = options.plan.rules;
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
      if (changesUser) this.#undoer = this.#startUndoer(downCommand);
      this.#guardContents = await this.#lookAtGuard();
    } catch (cause) {
      this.#standing = false;
      await this.#session?.close();
      this.#leaveCgroup?.();
      await prepared.abandon();
      throw cause;
    }
    for (const text of summary) tell({ kind: 'message', level: 5, text });
    this.#devices = new DeviceWatch(plan.rules.devices);
    this.#changes = [new NetlinkWatch(NETLINK.rules), new NetlinkWatch(NETLINK.devices)];
    this.#watch = setInterval(() => this.#listen(), LISTEN_MS).unref();
  }

  /** Undoes everything that `putUp` did; does nothing where it failed or was not called. */
  async takeDown(): Promise<void> {
    if (!this.#standing) return;
    this.#standing = false;
    clearInterval(this.#watch);
    for (const change of this.#changes) change.close();
    await this.#looking;
    await this.#session?.close();
    this.#leaveCgroup?.();
    const failed = this.#undoer === undefined ? (await removeGateway()).failed : await tellUndoer(this.#undoer);
    for (const text of failed) this.#options.tell({ kind: 'message', level: 4, text });
  }

  async #intercept(): Promise<NftSession> {
    const session = new NftSession();
    try {
      await session.run(tableLine(interceptionTable(this.#rules, true)));
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

  #listen(): void {
    if (this.#looking !== undefined) return; // what changes meanwhile is told the next time
    this.#questions += 1;
    const changed = this.#changes.map((change) => change.changed()).includes(true); // each is asked
    const counts = this.#questions % COUNT_EVERY === 1;
    if (!changed && this.#questions % LOOK_EVERY !== 1) return;
    this.#looking = this.#look(counts).finally(() => {
      this.#looking = undefined;
    });
  }

  async #look(counts: boolean): Promise<void> {
    const full = this.#tracking.look();
    if (full !== undefined) this.#options.tell(full);
    await this.#lookAfterDevices();
    await this.#lookAfterGuard();
    if (!counts || this.#session === undefined) return;
    const session = this.#session;
    const questions = countingQuestions(INTERCEPTION_TABLE, PASSED);
    const answers = await Promise.all(questions.map((words) => session.read(words.join(' ')))).catch(() => undefined); // it is being put back
    const counted = answers === undefined ? undefined : countedIn(answers);
    if (counted !== undefined) this.#traffic.look(counted);
  }

  /** One that came back has another number, by which it stays known when it is renamed. */
  async #lookAfterDevices(): Promise<void> {
    const { events = [], newLinks = [] } = this.#devices?.look() ?? {};
    for (const event of events) this.#options.tell(event);
    if (newLinks.length === 0 || this.#rules.links.length === 0) return;
    this.#rules = { ...this.#rules, links: [...this.#rules.links, ...newLinks] };
    const tables = [INTERCEPTION_TABLE, ...(this.#rules.failClosed ? [GUARD_TABLE] : [])];
    const elements = tables.map((table) => `add element inet ${table} ${LINK_SET} { ${newLinks.join(', ')} }`);
    await this.#session?.run(elements.join('; ')).catch(() => undefined); // a table is missing: it is put back with them
  }

  /** @returns what the guard does; undefined: it is missing, or there is to be none. @throws OvercoatError where nft has ended */
  async #lookAtGuard(): Promise<string | undefined> {
    if (this.#session === undefined || guardTable(this.#rules) === undefined) return undefined;
    return tableContents(await this.#session.read(`list table inet ${GUARD_TABLE}`));
  }

  /** Puts the guard back where somebody has removed it, or what was in it. */
  async #lookAfterGuard(): Promise<void> {
    const guard = guardTable(this.#rules);
    const session = this.#session;
    if (guard === undefined || session === undefined) return;
    const contents = await this.#lookAtGuard().catch(() => undefined);
    if (session.over) return; // it is started again, and asked then
    if (contents !== undefined && contents === this.#guardContents) {
      this.#unguarded = false;
      return;
    }
    if (!this.#unguarded) this.#options.tell({ kind: 'interception-lost', what: 'guard' });
    try {
      const clear = `add table inet ${GUARD_TABLE}; delete table inet ${GUARD_TABLE}`;
      await session.run(`${clear}; ${tableLine(guard)}`);
      this.#unguarded = false;
    } catch (cause) {
      if (!this.#unguarded) this.#options.tell({ kind: 'interception-not-restored', what: 'guard', text: (cause as Error).message });
      this.#unguarded = true;
    }
  }

  #startUndoer(downCommand: readonly string[]): ChildProcess {
    const undoer = startUndoer(downCommand);
    undoer.once('exit', () => {
      if (this.#standing) this.#options.tell({ kind: 'undoing-lost' });
    });
    return undoer;
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
async function tellUndoer(undoer: ChildProcess): Promise<readonly string[]> {
  const { stdin, stderr } = undoer;
  stdin?.on('error', () => undefined);
  stdin?.end('down\n');
  const ended = undoer.exitCode ?? undoer.signalCode ?? once(undoer, 'exit').then(([code, signal]) => code ?? signal);
  const said = stderr === null ? '' : await text(stderr);
  const lines = said.split('\n').filter((line) => line !== '');
  return lines.length === 0 && (await ended) !== 0 ? [NOT_UNDONE] : lines;
}

const NOT_UNDONE = 'Rules and kernel parameters of the gateway are still in place: run `overcoat gateway down` as root';
