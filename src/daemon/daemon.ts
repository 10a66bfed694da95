/** The daemon while it serves: what each signal makes it do, and how it ends. */
import type { Config } from '../config/config.ts';
import { OvercoatError } from '../errors.ts';
import type { UpgradeOutcome } from '../status/control.ts';
import { drain, over } from './drain.ts';
import type { Served } from './engine.ts';
import type { Errands } from './errands.ts';
import { removePidFile } from './process/pidfile.ts';
import type { Reloaded, Serving } from './reload/reload.ts';
import { accepting, reload } from './reload/reload.ts';
import { Upkeep } from './renewal/upkeep.ts';
import type { DaemonSignal } from './signals.ts';
import { catchSignals } from './signals.ts';
import type { Successor } from './upgrade/successor.ts';
import type { UpgradeParts } from './upgrade/upgrade.ts';
import { outcomeOf, upgrade } from './upgrade/upgrade.ts';
import type { ControlledDaemon, ControlParts } from './watch/daemon-control.ts';

export interface DaemonParts extends ControlParts, UpgradeParts {
  readonly config: Config;
  readonly services: readonly Served[];
  /** Services that accept nobody, because somebody said so to the process before. */
  readonly drained?: ReadonlySet<string> | undefined;
  readonly errands: Errands;
}

const DAY_MS = 86_400_000;
/** Longer than it takes a terminal or a manager to tell all processes. */
const PASS_ON_AFTER_MS = 300;
/** A worker that hangs does not answer that it has closed its listeners: a stop that ends connections at once waits no longer for it. */
const CLOSED_WITHIN_MS = 500;
/** Where a stop ends connections at once (TIMEOUTdrain = 0, as under overcoat-stunnel), an upgrade does not. */
const DRAIN_OF_UPGRADE_MS = 30_000;

const MAIN = { id: 'main', service: undefined } as const;

export class Daemon implements ControlledDaemon {
  /** The exit code: 0 after a normal stop, 1 where connections were cut off at the end of a drain. */
  readonly finished: Promise<number>;
  readonly #parts: DaemonParts;
  readonly #finish: (code: number) => void;
  readonly #forgetSignals: () => void;
  #serving: Serving;
  #stopping: AbortController | undefined;
  /** What changes the listeners happens one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #nextReload: Promise<Reloaded> | undefined;
  #broken = false;
  /** While another process starts in the place of this one: ends it, and resolves when nothing of it is left. */
  #takingOver: { readonly cancel: AbortController; readonly over: Promise<unknown> } | undefined;
  /** Another process serves. */
  #inPlace: Successor | undefined;
  /** The same, where whoever started this one does not know: it stays until that one ends. */
  #successor: Successor | undefined;
  readonly #upkeep: Upkeep;

  constructor(parts: DaemonParts) {
    this.#parts = parts;
    this.#serving = { config: parts.config, services: parts.services, drained: parts.drained ?? new Set() };
    const { promise, resolve } = Promise.withResolvers<number>();
    this.finished = promise;
    this.#finish = resolve;
    this.#forgetSignals = catchSignals((signal) => this.#onSignal(signal));
    setInterval(() => parts.log.reopen(), DAY_MS).unref(); // as stunnel does: for those who move logs away and tell nobody
    const { engine, listeners, ask, log } = parts;
    this.#upkeep = new Upkeep({
      engine,
      listeners,
      ask,
      observe: log.observe,
      services: () => this.#serving.services,
      change: (work) => this.#change(work),
    });
    parts.watch?.attach(parts, this);
    void parts.engine.broken.then((why) => this.#giveUp(why));
  }

  /** The real addresses it listens on. */
  get addresses(): readonly string[] {
    return this.#parts.listeners.addresses;
  }

  /** Ends as a signal would. */
  stop(signal: 'SIGTERM' | 'SIGINT' | 'SIGQUIT'): void {
    this.#onSignal(signal);
  }

  get serving(): Serving {
    return this.#serving;
  }

  /** It accepts nobody any more. */
  get stopping(): boolean {
    return this.#stopping !== undefined;
  }

  /** The process that has taken its place. */
  get servedBy(): number | undefined {
    return this.#inPlace?.pid;
  }

  /** Why it carries out no order any more, once it is stopping. */
  get whyOver(): string {
    return this.servedBy === undefined
      ? 'it is about to end'
      : `process ${this.servedBy} serves in its place since an upgrade: ask that one`;
  }

  #onSignal(signal: DaemonSignal): void {
    const { log } = this.#parts;
    log.observe({ kind: 'signal', signal }, MAIN);
    if (this.#successor !== undefined) this.#passOn(signal, this.#successor);
    else if (signal === 'SIGHUP') void this.#reloadWhoServes();
    else if (signal === 'SIGUSR1') log.reopen();
    else if (signal === 'SIGUSR2') void this.#list();
    else void this.#stop(signal === 'SIGTERM' ? this.#serving.config.global.drainMs : 0);
  }

  /** A signal that came to the process before, in our place. The same may have come to both: the end is not hurried by it. */
  passedSignal(signal: DaemonSignal): void {
    if (this.#stopping === undefined || this.#successor !== undefined) this.#onSignal(signal);
  }

  /** A terminal and systemd tell both, so the other one is told when it should know already. Our own connections keep their time. */
  #passOn(signal: DaemonSignal, successor: Successor): void {
    setTimeout(() => successor.signal(signal), PASS_ON_AFTER_MS);
    if (signal === 'SIGINT' || signal === 'SIGQUIT') this.#stopping?.abort();
  }

  /** Whoever asks while one is under way gets one more, together with all others who do. */
  reload(): Promise<Reloaded> {
    this.#nextReload ??= this.#inTurn(async () => {
      this.#nextReload = undefined;
      if (this.#stopping !== undefined) return { ok: false, code: undefined, problems: [this.whyOver] };
      const reloaded = await reload(this.#serving, this.#parts);
      if (reloaded.ok) {
        this.#serving = reloaded.serving;
        this.#upkeep.lookAgain();
      }
      return reloaded;
    });
    return this.#nextReload;
  }

  /** One that had to wait for an upgrade is meant for the process that serves then, which may have read the configuration before. */
  async #reloadWhoServes(): Promise<void> {
    const { ok } = await this.reload();
    if (!ok) this.#inPlace?.signal('SIGHUP');
  }

  /** Has another process take the place of this one; what is open goes on here until it ends. Never rejects. */
  upgrade(): Promise<UpgradeOutcome> {
    return this.#inTurn(async () => {
      if (this.#stopping !== undefined) return { ok: false, problems: [this.whyOver] };
      const cancel = new AbortController();
      const over = upgrade(this.#serving, this.#parts, cancel.signal);
      this.#takingOver = { cancel, over };
      const result = await over;
      this.#takingOver = undefined;
      const { background, engine, manager } = this.#parts;
      const { size } = engine.connections;
      if ('pid' in result) {
        const told = manager.handOver(result.pid);
        if (!told && !background) this.#successor = result;
        this.#inPlace = result;
        result.go();
        void this.#stop(this.#serving.config.global.drainMs || DRAIN_OF_UPGRADE_MS, result);
      }
      return outcomeOf(result, size);
    });
  }

  /**
   * Takes the listeners of a service away, or puts them there again; its open connections go on.
   * @throws OvercoatError `start_bind` when an address cannot be had again, `control_refused` when the service is gone by the time it is
   *   its turn, or the daemon is ending; nothing has changed then
   */
  setDrained(service: string, wanted: boolean): Promise<void> {
    return this.#inTurn(async () => {
      const { services, drained: before } = this.#serving;
      if (this.#stopping !== undefined) throw new OvercoatError('control_refused', this.whyOver);
      if (!services.some(({ config }) => config.name === service))
        throw new OvercoatError('control_refused', `there is no service [${service}]`);
      const drained = new Set(before);
      if (wanted) drained.add(service);
      else drained.delete(service);
      const plan = await this.#parts.listeners.plan(accepting(services, drained));
      try {
        await plan.listen();
      } catch (cause) {
        await plan.abandon();
        throw cause;
      }
      await plan.commit();
      this.#serving = { ...this.#serving, drained };
    });
  }

  /** In its turn, unless it accepts nobody any more. @param work from what serves to what serves then; undefined: the same */
  #change(work: (current: Serving) => Promise<Serving | undefined>): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#stopping !== undefined) return;
      this.#serving = (await work(this.#serving)) ?? this.#serving;
    });
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #list(): Promise<void> {
    const { log, engine } = this.#parts;
    const all = await engine.connections.list();
    log.observe({ kind: 'connections-listing' }, MAIN);
    for (const { connection, id, service, toTls, toPlain } of all) {
      log.observe({ kind: 'connection-listed', connection, id, service, toTls, toPlain }, MAIN);
    }
    log.observe({ kind: 'connections-listed', count: all.length }, MAIN);
  }

  /** Nothing can be served any more: whoever watches over us may start us again. */
  #giveUp(why: string): void {
    this.#broken = true;
    this.#parts.log.observe({ kind: 'given-up', why }, MAIN);
    void this.#stop(0);
  }

  /** A second signal cuts a drain short. @param successor has the addresses already */
  async #stop(drainMs: number, successor?: Successor): Promise<void> {
    if (this.#stopping !== undefined) return this.#stopping.abort();
    this.#stopping = new AbortController();
    if (drainMs === 0) this.#stopping.abort();
    const takingOver = this.#takingOver;
    takingOver?.cancel.abort();
    const { listeners, engine, log, manager, dns, errands, scaffold, watch } = this.#parts;
    const passed = successor !== undefined;
    this.#upkeep.end(); // a successor looks itself, while what is open here ends
    errands.close();
    if (!passed) manager.stopping();
    const begun = performance.now();
    const closed = listeners.close(passed);
    await Promise.race([closed, over(Math.max(drainMs, CLOSED_WITHIN_MS), this.#stopping.signal)]); // a part of the drain
    if (passed) {
      await Promise.all([watch?.leave(), engine.service.close()]);
      dns?.close(); // else a next start would find the addresses taken as long as we drain
    }
    engine.stopPrograms();
    const leftMs = Math.max(0, drainMs - (performance.now() - begun));
    const drained = await drain(engine.connections, leftMs, this.#stopping.signal, log.observe);
    await engine.close();
    await closed; // workers that have ended hold no listener
    await watch?.close();
    dns?.close();
    await scaffold?.takeDown();
    if (this.#successor === undefined) this.#forgetSignals();
    await takingOver?.over;
    if (this.#serving.config.global.pid !== undefined) removePidFile(this.#serving.config.global.pid);
    if (this.#successor !== undefined) this.#finish(await this.#successor.ended);
    else this.#finish((drained || drainMs === 0) && !this.#broken ? 0 : 1);
  }
}
