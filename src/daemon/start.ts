/**
 * From a configuration to a serving daemon, in stunnel's order: everything that needs root or files comes before the step that
 * takes them away, and nobody is let in before all of it has worked. Any failure undoes what was bound.
 */
import { flushCompileCache } from 'node:module';
import type { Config, WatchConfig } from '../config/config.ts';
import { OvercoatError } from '../errors.ts';
import { descriptorLimit, openDescriptors } from '../linux/process/descriptor-limit.ts';
import { returnMemoryOfStart } from '../linux/process/free-memory.ts';
import type { Log } from '../observe/log.ts';
import { missingFeatures, opensslVersion } from '../openssl/library/version.ts';
import { overcoatVersion, platformName } from '../self.ts';
import { refuseUnsafeEnvironment } from '../tls/material/environment.ts';
import type { AskPassphrase } from '../tls/material/key-material.ts';
import { prepareLibrary } from '../tls/material/providers.ts';
import { clientLimit } from './client-limit.ts';
import type { DaemonParts } from './daemon.ts';
import { Daemon } from './daemon.ts';
import type { Engine } from './engine.ts';
import { Errands } from './errands.ts';
import { reportFaults } from './faults.ts';
import type { Launch, Scaffold } from './launch.ts';
import { ListenerSet } from './listener-set.ts';
import { confine } from './process/confine.ts';
import { crossedSockets } from './process/crossed-sockets.ts';
import { applyEnvironment } from './process/environment.ts';
import { rememberPassphrases } from './process/passphrases.ts';
import { removePidFile, writePidFile } from './process/pidfile.ts';
import { refuseObstacles } from './process/preflight.ts';
import { findManager, isManaged } from './process/ready.ts';
import { accepting } from './reload/reload.ts';
import { ThisProcess } from './this-process.ts';
import type { Predecessor } from './upgrade/predecessor.ts';
import type { Again } from './upgrade/successor.ts';
import { servesApart, workerCount } from './workers/count.ts';
import type { PoolOptions } from './workers/supervisor/pool.ts';

const UI = { id: 'ui', service: undefined } as const;

export interface StartOptions {
  readonly launch: Launch;
  readonly log: Log;
  readonly ask: AskPassphrase;
  /** Sockets that were bound for us; none without. */
  readonly inherited?: readonly number[];
  readonly scaffold?: Scaffold | undefined;
  /** How it is started once more; without it there is no `upgrade`. */
  readonly again?: Again | undefined;
  /** Whoever started it has gone on, or will when it serves. */
  readonly background?: boolean;
  /** The process whose place this one takes. */
  readonly predecessor?: Pick<Predecessor, 'passed' | 'managed' | 'drained' | 'reached'> | undefined;
  /** Called last, when everything is bound and privileges are dropped; what fails in it fails the start. */
  readonly ready: () => Promise<void>;
}

/**
 * Starts serving a configuration that was read.
 * @throws OvercoatError whose message is the one line to show; nothing stays bound, the log keeps what led to it
 */
export async function startDaemon(config: Config, options: StartOptions): Promise<Daemon> {
  const { launch, log, ask, inherited = [], scaffold, again, background = false, predecessor, ready } = options;
  const { global } = config;
  const { passed } = predecessor ?? {};
  const managed = predecessor?.managed ?? isManaged(inherited);
  refuseSurplus(inherited, config);
  for (const text of crossedSockets(inherited, config.services)) log.observe({ kind: 'configuration-warning', text }, UI);
  refuseUnsafeEnvironment(process.env);
  applyEnvironment(global.setEnv);
  prepareLibrary(global);
  const watch = isWatched(global.watch) ? (await import('./watch/watch.ts')).createWatch(config, log) : undefined;
  const engine = await createEngine(config, { log, inherited }, managed, scaffold !== undefined);
  if (watch !== undefined) engine.follow(watch.desk);
  engine.reached.adopt(predecessor?.reached ?? []);
  const listeners = new ListenerSet({ observe: log.observe, engine, passed });
  const manager = await findManager();
  const passphrases = rememberPassphrases(ask);
  const services = await engine.prepare(config, passphrases.ask);
  log.observe({ kind: 'configuration-successful' }, UI);
  refuseObstacles(config);
  await log.openEarly(global);
  const drained = new Set(predecessor?.drained.filter((name) => services.some(({ config: each }) => each.name === name)));
  const plan = await listeners.plan(accepting(services, drained));
  engine.connections.limit = clientLimit(descriptorLimit(), openDescriptors());
  log.observe({ kind: 'connection-limit', limit: engine.connections.limit }, UI);
  flushCompileCache(); // later it may not be ours to write
  let dns: DaemonParts['dns'];
  const errands = new Errands(engine.service);
  try {
    if (global.dnsListen !== undefined) {
      const { startDns } = await import('./dns.ts');
      dns = await startDns(global.dnsListen, { service: engine.service, observe: log.observe, passed });
    }
    await errands.begin(config);
    await scaffold?.putUp();
    await launch.arrange?.(config, (event) => log.observe(event, UI));
    await watch?.open(engine, passed);
    await engine.settle();
    await confine(config, log.observe, engine);
    log.openFiles(global);
    if (global.pid !== undefined) writePidFile(global.pid);
    await plan.listen();
    await plan.commit();
    // Signals are answered before anybody can know that we are there.
    const daemon = new Daemon({
      launch,
      log,
      ask: passphrases.recall,
      config,
      services,
      watch,
      listeners,
      engine,
      manager,
      dns,
      errands,
      scaffold,
      drained,
      again,
      managed,
      background,
    });
    engine.switchedTo(services);
    log.observe({ kind: 'accepting' }, UI);
    reportFaults(log.observe);
    log.accept();
    await ready();
    passed?.settle();
    manager.ready(`Serving ${services.length} service(s)`);
    returnMemoryOfStart();
    return daemon;
  } catch (cause) {
    await watch?.close();
    await plan.abandon();
    await engine.close();
    dns?.close();
    errands.close();
    await scaffold?.takeDown();
    if (global.pid !== undefined) removePidFile(global.pid);
    throw cause;
  }
}

function isWatched({ control, status, records }: WatchConfig): boolean {
  return control !== undefined || status !== undefined || records !== undefined;
}

/** Refuses inherited sockets that no service uses: clients would connect to them and never get an answer. */
function refuseSurplus(inherited: readonly number[], { services }: Config): void {
  const lines = services.flatMap((service) => service.accept).length;
  if (inherited.length <= lines) return;
  throw new OvercoatError(
    'start_process',
    `Too many listening file descriptors received from systemd, got ${inherited.length} for ${lines} accept line(s); make the .socket unit and the configuration agree`,
  );
}

/** @param surrounded it runs programs of the system around it */
async function createEngine(
  config: Config,
  context: Pick<PoolOptions, 'log' | 'inherited'>,
  managed: boolean,
  surrounded: boolean,
): Promise<Engine> {
  const { global, services } = config;
  const workers = workerCount(global.workers);
  const { observe } = context.log;
  const apart =
    workers > 1 ||
    servesApart(
      global,
      managed,
      services.some(({ origin }) => origin === 'file'),
    );
  const fenced = global.confine === 'yes' || global.confine === 'strict';
  const fence = global.confine === 'no' ? undefined : (await import('./fence/begin.ts')).beginFence(config, { apart, surrounded, observe });
  if (apart) {
    const { WorkerPool } = await import('./workers/supervisor/pool.ts');
    return new WorkerPool({ ...context, workers, global, fence });
  }
  return new ThisProcess({ inherited: context.inherited, observe, asksForNames: global.dnsListen !== undefined, fenced });
}

/** The lines every log begins with. */
export function announce(log: Log, { source, style }: Launch): void {
  const name = style === 'stunnel' ? `stunnel 5.75-compatible Overcoat ${overcoatVersion()}` : `Overcoat ${overcoatVersion()}`;
  log.observe({ kind: 'message', level: 5, text: `${name} on ${platformName()} platform` }, UI);
  log.observe({ kind: 'message', level: 5, text: `Running with ${opensslVersion()}` }, UI);
  for (const missing of missingFeatures()) {
    log.observe({ kind: 'message', level: 5, text: `This OpenSSL lacks ${missing}` }, UI);
  }
  if (source !== undefined) log.observe({ kind: 'configuration-reading', source }, UI);
}
