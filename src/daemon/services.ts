/** Services of a configuration made ready to run: TLS loaded, names of targets resolved. Nothing listens yet. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config, ServiceConfig } from '../config/config.ts';
import { wordFor } from '../config/flag-names.ts';
import { refuseRings } from '../connection/accept/rings.ts';
import type { AddressFinder } from '../connection/dial/name-lookup.ts';
import type { FoundTargets } from '../connection/dial/targets.ts';
import { Targets } from '../connection/dial/targets.ts';
import type { Service } from '../connection/record.ts';
import { OvercoatError } from '../errors.ts';
import { prepareNames } from '../names/service-names.ts';
import type { Observe } from '../observe/events.ts';
import type { FilesRead } from '../start-files.ts';
import { recordingFiles, replayingFiles, sharingFiles } from '../start-files.ts';
import { exposedFiles } from '../tls/material/exposed-files.ts';
import type { OpenKeyLog } from '../tls/material/key-log.ts';
import { openKeyLog } from '../tls/material/key-log.ts';
import type { AskPassphrase } from '../tls/material/key-material.ts';
import { MaterialError } from '../tls/material/material-file.ts';
import type { Shared } from '../tls/service-tls.ts';
import { prepareServiceTls } from '../tls/service-tls.ts';
import { flawsOf } from './process/flaws.ts';

/**
 * Files are opened before the first wait.
 * @throws OvercoatError with the service's name in front: its certificate, key or trust files cannot be used, or (services built
 *   from a command line only) the name of its target has no address
 */
export async function prepareServices(
  config: Config,
  ask: AskPassphrase,
  observe: Observe,
  known?: FilesRead,
): Promise<readonly Service[]> {
  const options = { ask, observe, strict: config.strict, openKeyLog: keyLogsHere(observe) };
  const services = loadServices(servicesOf(config), options, known);
  await reportFlaws(config, services, observe);
  await resolveServices(services, { observe });
  return services;
}

/** Key logs that this process writes itself. */
export function keyLogsHere(observe: Observe): OpenKeyLog {
  return (path) =>
    openKeyLog(path, (reason) => {
      const text = `keyLog = ${path}: ${reason}; nothing more is written to it`;
      observe({ kind: 'configuration-warning', text }, { id: 'main', service: undefined });
    });
}

/** Says in the log what serves although it will fail. @throws OvercoatError the first flaw, where the configuration is judged strictly */
export async function reportFlaws(config: Config, services: readonly Service[], observe: Observe): Promise<void> {
  for (const [index, { config: about, tls }] of services.entries()) {
    for (const { code, option, text } of await flawsOf(config, index, tls)) {
      if (config.strict) throw new OvercoatError(code, `Service [${about.name}]: ${option === '' ? '' : `${option}: `}${text}`);
      observe({ kind: 'service-flawed', code, option, text }, { id: 'ui', service: about });
    }
  }
}

/** The services of a configuration with their files as they are called from here. */
export function servicesOf({ services, global }: Config): readonly ServiceConfig[] {
  return services.map((service) => inJail(service, global.chroot));
}

/** With chroot the hashed directories are named as they are called inside it, since stunnel looks into them while it serves. */
function inJail(config: ServiceConfig, chroot: string | undefined): ServiceConfig {
  if (chroot === undefined) return config;
  const inside = (path: string | undefined): string | undefined =>
    path !== undefined && existsSync(join(chroot, path)) ? join(chroot, path) : path;
  return {
    ...config,
    trust: { ...config.trust, caPath: inside(config.trust.caPath) },
    revocation: { ...config.revocation, crlPath: inside(config.revocation.crlPath) },
  };
}

export interface LoadOptions extends Shared {
  readonly ask: AskPassphrase;
  readonly observe: Observe;
  /** What is only a warning elsewhere is an error. */
  readonly strict: boolean;
}

/** A service to be loaded. */
export interface LoadOrder {
  readonly config: ServiceConfig;
  /** What is known of its files; the disk is not asked for that. */
  readonly files: FilesRead;
}

/** The part of `prepareServices` that reads files; each of them once. @param known what need not be read any more */
export function loadServices(configs: readonly ServiceConfig[], options: LoadOptions, known: FilesRead = new Map()): readonly Service[] {
  return sharingFiles(known, () =>
    finished(
      configs.map((config) => prepareService(config, options)),
      options,
    ),
  );
}

/** The same services with files of which each knows its own. @param read where something is in none of them: the disk is asked, or it is a defect */
export function loadFrom(orders: readonly LoadOrder[], options: LoadOptions, read: 'disk' | 'nothing'): readonly Service[] {
  const within = read === 'disk' ? sharingFiles : replayingFiles;
  return finished(
    orders.map(({ config, files }) => within(files, () => prepareService(config, options))),
    options,
  );
}

/** Everything that a service was made of. */
export function filesOf({ files }: Pick<Service, 'files'>): FilesRead {
  return new Map([...files.names, ...files.tls]);
}

function finished(services: readonly Service[], options: LoadOptions): readonly Service[] {
  for (const { text } of exposedFiles(services.map(({ config, tls }) => ({ service: config.name, exposed: tls.exposed })))) {
    if (options.strict) throw new OvercoatError('config_unsafe', text);
    options.observe({ kind: 'configuration-warning', text }, { id: 'ui', service: undefined });
  }
  return linked(services);
}

export interface ResolveOptions {
  readonly observe: Observe;
  /** By default this process. */
  readonly finder?: AddressFinder | undefined;
}

/** The part of `prepareServices` that asks name servers. @throws OvercoatError `upstream_unresolved`, `config_conflict` */
export async function resolveServices(services: readonly Service[], options: ResolveOptions): Promise<void> {
  await Promise.all(placesOf(services).map((service) => resolveTargets(service, options)));
  refuseRings(services.map(({ config, targets }) => ({ config, resolved: targets.found.resolved })));
}

/** What was found for each place the services dial, in an order that only depends on the configuration. */
export function foundTargets(services: readonly Service[]): readonly FoundTargets[] {
  return placesOf(services).map(({ targets }) => targets.found);
}

/** Instead of `resolveServices`: what another thread has found for the same services. */
export function adoptTargets(services: readonly Service[], found: readonly FoundTargets[]): void {
  for (const [index, { targets }] of placesOf(services).entries()) targets.adopt(found[index] as FoundTargets);
}

function placesOf(services: readonly Service[]): readonly Service[] {
  return services.flatMap((service) => (service.redirect === undefined ? [service] : [service, service.redirect]));
}

function prepareService(config: ServiceConfig, options: LoadOptions): Service {
  const { ask, observe, strict } = options;
  const about = { id: 'ui', service: config };
  observe({ kind: 'service-initializing' }, about);
  const { result: tls, files: tlsFiles } = recordingFiles(() => inService(config, () => prepareServiceTls(config, ask, options)));
  for (const text of tls.warnings) {
    if (strict) throw new OvercoatError('config_unsafe', `Service [${config.name}]: ${text}`);
    observe({ kind: 'configuration-warning', text }, about);
  }
  for (const expiry of tls.expiries) observe({ kind: 'expiry-known', ...expiry }, about);
  for (const text of config.warnings) observe({ kind: 'configuration-warning', text }, about);
  const { result: names, files: nameFiles } = recordingFiles(() => inService(config, () => prepareNames(config, named('nameMap', config))));
  const files = { tls: tlsFiles, names: nameFiles };
  const service: Service = { config, tls, targets: new Targets(config), names, files, virtualHosts: [], redirect: undefined };
  return config.redirect.length === 0 ? service : { ...service, redirect: redirectOf(service) };
}

/** The same service with other targets, and nothing else to reach: no program, and nobody is intercepted again. */
function redirectOf(service: Service): Service {
  const transparent = { ...service.config.transparent, destination: false };
  const config: ServiceConfig = { ...service.config, connect: service.config.redirect, transparent, redirect: [], exec: undefined };
  return { ...service, config, targets: new Targets(config) };
}

/** Virtual hosts know their primary by its name; at run time it is the other way round. */
function linked(services: readonly Service[]): readonly Service[] {
  return services.map((service) => ({
    ...service,
    virtualHosts: services.filter(({ config }) => config.virtualHost?.primary === service.config.name),
  }));
}

/** stunnel's way: a name without an address now may have one later, so it is looked up at every connection from here on. */
async function resolveTargets({ config, targets }: Service, { observe, finder }: ResolveOptions): Promise<void> {
  const about = { id: 'ui', service: config };
  const failed: string[] = [];
  const failedHost = (host: string, text: string): void => {
    failed.push(`${host}: ${text}`);
    observe({ kind: 'resolve-failed', host, text }, about);
  };
  await targets.prepare(failedHost, finder).catch((cause: unknown) => inService(config, () => rethrow(cause)));
  if (failed.length === 0) return;
  if (config.origin === 'command') {
    const advice = 'check the spelling and the name servers of this machine';
    throw new OvercoatError('upstream_unresolved', `Cannot resolve ${failed.join(', ')}; ${advice}`);
  }
  observe({ kind: 'target-lookup-delayed' }, about);
}

/** What stands before the value in a message: `--name-map` where a file says `nameMap =`. */
function named(option: string, config: ServiceConfig): string {
  return config.origin === 'command' ? wordFor(option, config) : `${option} =`;
}

/** `--ca FILE: ...` where a file says `CAfile = FILE: ...`. */
function inFlags(cause: MaterialError, config: ServiceConfig): OvercoatError {
  return new OvercoatError(cause.code, `${wordFor(cause.option, config)} ${cause.problem.replaceAll('`key`', '--key')}`, cause);
}

function rethrow(cause: unknown): never {
  throw cause;
}

function inService<T>(config: ServiceConfig, prepare: () => T): T {
  const { name, origin } = config;
  try {
    return prepare();
  } catch (cause) {
    if (!(cause instanceof OvercoatError)) throw cause;
    if (origin === 'command') throw cause instanceof MaterialError ? inFlags(cause, config) : cause;
    throw new OvercoatError(cause.code, `Service [${name}]: ${cause.message}`, cause);
  }
}
