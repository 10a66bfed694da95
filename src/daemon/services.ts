/** Services of a configuration made ready to run: TLS loaded, names of targets resolved. Nothing listens yet. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config, ServiceConfig } from '../config/config.ts';
import type { Service } from '../connection/record.ts';
import { Targets } from '../connection/targets.ts';
import { OvercoatError } from '../errors.ts';
import { prepareNames } from '../names/service-names.ts';
import type { Observe } from '../observe/events.ts';
import type { AskPassphrase } from '../tls/key-material.ts';
import { prepareServiceTls } from '../tls/service-tls.ts';

/**
 * Files are opened before the first wait.
 * @throws OvercoatError with the service's name in front: its certificate, key or trust files cannot be used, or (services built
 *   from a command line only) the name of its target has no address
 */
export async function prepareServices(config: Config, ask: AskPassphrase, observe: Observe): Promise<readonly Service[]> {
  const services = linked(
    config.services.map((service) => prepareService(inJail(service, config.global.chroot), ask, observe, config.strict)),
  );
  const places = services.flatMap((service) => (service.redirect === undefined ? [service] : [service, service.redirect]));
  await Promise.all(places.map((service) => resolveTargets(service, observe)));
  return services;
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

function prepareService(config: ServiceConfig, ask: AskPassphrase, observe: Observe, strict: boolean): Service {
  const about = { id: 'ui', service: config };
  observe({ kind: 'message', level: 6, text: `Initializing service [${config.name}]` }, about);
  const tls = inService(config, () => prepareServiceTls(config, ask));
  for (const text of tls.warnings) {
    if (strict)
      throw new OvercoatError('config_unsafe', `Service [${config.name}]: ${text}; take the rights of others away with chmod o-rwx`);
    observe({ kind: 'message', level: 4, text }, about);
  }
  const names = inService(config, () => prepareNames(config));
  const service: Service = { config, tls, targets: new Targets(config), names, virtualHosts: [], redirect: undefined };
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
async function resolveTargets({ config, targets }: Service, observe: Observe): Promise<void> {
  const about = { id: 'ui', service: config };
  const failed: string[] = [];
  await targets.prepare((host, text) => {
    failed.push(`${host}: ${text}`);
    observe({ kind: 'resolve-failed', host, text }, about);
  });
  if (failed.length === 0) return;
  if (config.origin === 'command') {
    const advice = 'check the spelling and the name servers of this machine';
    throw new OvercoatError('upstream_unresolved', `Cannot resolve ${failed.join(', ')}; ${advice}`);
  }
  observe({ kind: 'message', level: 6, text: 'Cannot resolve connect target - delaying DNS lookup' }, about);
}

function inService<T>({ name, origin }: ServiceConfig, prepare: () => T): T {
  try {
    return prepare();
  } catch (cause) {
    if (!(cause instanceof OvercoatError) || origin === 'command') throw cause;
    throw new OvercoatError(cause.code, `Service [${name}]: ${cause.message}`, cause);
  }
}
