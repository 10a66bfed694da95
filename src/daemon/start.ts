/**
 * From a configuration to a serving daemon, in stunnel's order: everything that needs root or files comes before the step that
 * takes them away, and nobody is let in before all of it has worked. Any failure undoes what was bound.
 */
import { flushCompileCache } from 'node:module';
import type { Config } from '../config/config.ts';
import { clientLimit } from '../connection/client-limit.ts';
import { ConnectionTable } from '../connection/connection-table.ts';
import { keepHeapSmall } from '../connection/heap-keeper.ts';
import { OwnPorts } from '../connection/own-ports.ts';
import { OvercoatError } from '../errors.ts';
import { descriptorLimit, openDescriptors } from '../linux/descriptor-limit.ts';
import { returnFreeMemory } from '../linux/free-memory.ts';
import { DnsMemory } from '../names/dns/memory.ts';
import { createNameResources } from '../names/resources.ts';
import type { Log } from '../observe/log.ts';
import { refuseUnsafeEnvironment } from '../tls/environment.ts';
import { requireFips } from '../tls/fips.ts';
import type { AskPassphrase } from '../tls/key-material.ts';
import { overcoatVersion, platformName } from '../version.ts';
import { confine } from './confine.ts';
import { Daemon } from './daemon.ts';
import type { DnsService } from './dns.ts';
import { applyEnvironment } from './environment.ts';
import { reportFaults } from './faults.ts';
import type { Launch, Scaffold } from './launch.ts';
import { ListenerSet } from './listener-set.ts';
import { rememberPassphrases } from './passphrases.ts';
import { removePidFile, writePidFile } from './pidfile.ts';
import { ProgramClients } from './program-clients.ts';
import { findManager } from './ready.ts';
import { prepareServices } from './services.ts';

const UI = { id: 'ui', service: undefined } as const;

export interface StartOptions {
  readonly launch: Launch;
  readonly log: Log;
  readonly ask: AskPassphrase;
  /** Sockets that were bound for us; none without. */
  readonly inherited?: readonly number[];
  readonly scaffold?: Scaffold | undefined;
  /** Called last, when everything is bound and privileges are dropped. */
  readonly ready: () => Promise<void>;
}

/**
 * Starts serving a configuration that was read.
 * @throws OvercoatError whose message is the one line to show; nothing stays bound, the log keeps what led to it
 */
export async function startDaemon(config: Config, { launch, log, ask, inherited = [], scaffold, ready }: StartOptions): Promise<Daemon> {
  const { global } = config;
  refuseSurplus(inherited, config);
  refuseUnsafeEnvironment(process.env);
  applyEnvironment(global.setEnv);
  if (global.fips) requireFips();
  const connections = new ConnectionTable();
  keepHeapSmall(connections, returnFreeMemory);
  const memory = global.dnsListen === undefined ? undefined : new DnsMemory();
  const names = createNameResources(memory);
  const context = { observe: log.observe, connections, ownPorts: new OwnPorts(), names, inherited: [...inherited] };
  const listeners = new ListenerSet(context);
  const programs = new ProgramClients(context);
  const manager = await findManager();
  const passphrases = rememberPassphrases(ask);
  const services = await prepareServices(config, passphrases.ask, log.observe);
  log.observe({ kind: 'configuration-successful' }, UI);
  await log.openEarly(global);
  const plan = await listeners.plan(services);
  connections.limit = clientLimit(descriptorLimit(), openDescriptors());
  log.observe({ kind: 'connection-limit', limit: connections.limit }, UI);
  flushCompileCache(); // later it may not be ours to write
  let dns: DnsService | undefined;
  try {
    if (global.dnsListen !== undefined && memory !== undefined)
      dns = await (await import('./dns.ts')).startDns(global.dnsListen, memory, log.observe);
    await scaffold?.putUp();
    await confine(config, log.observe);
    log.openFiles(global);
    if (global.pid !== undefined) writePidFile(global.pid);
    await plan.listen();
  } catch (cause) {
    dns?.close();
    await plan.abandon();
    await scaffold?.takeDown();
    if (global.pid !== undefined) removePidFile(global.pid);
    throw cause;
  }
  await plan.commit();
  // Signals are answered before anybody can know that we are there.
  const daemon = new Daemon({ launch, log, ask: passphrases.recall, config, listeners, programs, connections, manager, dns, scaffold });
  programs.replace(services);
  reportFaults(log.observe);
  log.accept();
  await ready();
  manager.ready();
  return daemon;
}

/** A socket that nothing serves would take clients in and never answer. */
function refuseSurplus(inherited: readonly number[], { services }: Config): void {
  const lines = services.flatMap((service) => service.accept).length;
  if (inherited.length <= lines) return;
  throw new OvercoatError(
    'start_process',
    `Too many listening file descriptors received from systemd, got ${inherited.length} for ${lines} accept line(s); make the .socket unit and the configuration agree`,
  );
}

/** The lines every log begins with. */
export function announce(log: Log, { source, style }: Launch): void {
  const name = style === 'stunnel' ? `stunnel 5.75-compatible Overcoat ${overcoatVersion()}` : `Overcoat ${overcoatVersion()}`;
  log.observe({ kind: 'message', level: 5, text: `${name} on ${platformName()} platform` }, UI);
  log.observe({ kind: 'message', level: 5, text: `Running with OpenSSL ${process.versions.openssl}` }, UI);
  if (source !== undefined) log.observe({ kind: 'message', level: 5, text: `Reading configuration from file ${source}` }, UI);
}
