/**
 * The services that workers know, one generation for each time some were made ready: of a configuration, or of renewed files. Everything
 * is loaded in this process too: what is wrong with it is found here, once. What a worker was given is kept, so that the next one can be
 * given the same.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Config, ExecConfig } from '../../../config/config.ts';
import type { AddressFinder } from '../../../connection/dial/name-lookup.ts';
import type { Service } from '../../../connection/record.ts';
import type { Observe } from '../../../observe/events.ts';
import { fanOut } from '../../../observe/observers.ts';
import type { FilesRead } from '../../../start-files.ts';
import type { KeepSessions } from '../../../tls/engine/server-session-cache.ts';
import { keepSessionsHere } from '../../../tls/engine/server-session-cache.ts';
import type { KeyLog, OpenKeyLog } from '../../../tls/material/key-log.ts';
import type { AskPassphrase } from '../../../tls/material/key-material.ts';
import { rememberPassphrases } from '../../process/passphrases.ts';
import {
  adoptTargets,
  filesOf,
  foundTargets,
  keyLogsHere,
  loadFrom,
  loadServices,
  reportFlaws,
  resolveServices,
  servicesOf,
} from '../../services.ts';
import type { Generation } from '../messages.ts';
import { SessionCaches } from '../session-caches.ts';
import type { PooledService } from './pooled-listener.ts';
import type { OrderWithDescriptors } from './worker-proxy.ts';

/** Whoever has services made again says what there is to say. */
const SILENT = fanOut([]);

export interface RenewingPooled {
  readonly service: PooledService;
  readonly files: FilesRead;
}

/** Services as this process has loaded them, and what workers need besides to load them too. */
export interface Loaded {
  readonly services: readonly Service[];
  /** By the file each was asked for. */
  readonly passphrases: ReadonlyMap<string, string>;
  /** How many sessions each of their caches may hold, by its name. */
  readonly caches: ReadonlyMap<string, number>;
}

export class GenerationsOfPool {
  readonly sessions = new SessionCaches();
  readonly #observe: Observe;
  readonly #finder: AddressFinder;
  readonly #generations = new Map<number, Generation>();
  /** By the path that a service of some configuration names. */
  readonly #keyLogs = new Map<string, KeyLog>();

  constructor(observe: Observe, finder: AddressFinder) {
    this.#observe = observe;
    this.#finder = finder;
  }

  /** @param known files that need not be read any more. @throws OvercoatError as `Engine.prepare` */
  async load(config: Config, ask: AskPassphrase, known?: FilesRead): Promise<Loaded> {
    const passphrases = rememberPassphrases(ask);
    const caches = new Map<string, number>();
    const observe = this.#observe;
    const { strict } = config;
    const options = { ask: passphrases.ask, observe, strict, keepSessions: namedIn(caches), openKeyLog: this.#openKeyLog };
    const services = loadServices(servicesOf(config), options, known);
    await reportFlaws(config, services, observe);
    await resolveServices(services, { observe, finder: this.#finder });
    return { services, passphrases: passphrases.answers, caches };
  }

  /** Other contents of their files, the same targets. @throws OvercoatError as `Engine.renew` */
  loadAgain(renewing: readonly RenewingPooled[], ask: AskPassphrase): Loaded {
    const passphrases = rememberPassphrases(ask);
    const caches = new Map<string, number>();
    const orders = renewing.map(({ service: { config }, files }) => ({ config, files }));
    const keepSessions = namedIn(caches);
    const options = { ask: passphrases.ask, observe: SILENT, strict: false, keepSessions, openKeyLog: this.#openKeyLog };
    const services = loadFrom(orders, options, 'disk');
    const before = renewing.map(({ service: { reference } }) => this.#generations.get(reference.generation)?.services[reference.index]);
    adoptTargets(
      services,
      before.flatMap((service) => service?.targets ?? []),
    );
    return { services, passphrases: passphrases.answers, caches };
  }

  /** From here on `orders` has them. @param number of no other generation. @returns what every worker has to be told */
  add(number: number, { services, passphrases, caches }: Loaded): OrderWithDescriptors {
    const prepared = services.map((service) => ({ config: service.config, files: filesOf(service), targets: foundTargets([service]) }));
    const generation = { number, services: prepared, passphrases };
    this.#generations.set(number, generation);
    this.sessions.add(number, caches);
    return { order: { kind: 'prepare', generation } };
  }

  /** What a new worker has to be told. */
  get orders(): readonly OrderWithDescriptors[] {
    return [...this.#generations.values()].map((generation) => ({ order: { kind: 'prepare', generation } }));
  }

  /** @param used numbers of generations that are still needed. @returns what every worker has to be told */
  forgetOthers(used: ReadonlySet<number>): OrderWithDescriptors {
    const generations = [...this.#generations.keys()].filter((number) => !used.has(number));
    for (const number of generations) this.#generations.delete(number);
    this.sessions.forget(generations);
    return { order: { kind: 'forget', generations } };
  }

  /** @returns the program of a configuration in use that is the same as this one, which is a worker's own words */
  ownProgram(exec: ExecConfig): ExecConfig | undefined {
    const known = [...this.#generations.values()].flatMap(({ services }) => services.map(({ config }) => config.exec));
    return known.find((each) => each !== undefined && isDeepStrictEqual(each, exec));
  }

  /** @param path without effect where no service names it */
  logSecret(path: string, line: string): void {
    this.#keyLogs.get(path)?.(line);
  }

  /** Its lines come from workers too, by its path. */
  readonly #openKeyLog: OpenKeyLog = (path) => {
    const keyLog = keyLogsHere(this.#observe)(path);
    this.#keyLogs.set(path, keyLog);
    return keyLog;
  };
}

/** Sessions are kept here, under names that are written down. */
function namedIn(caches: Map<string, number>): KeepSessions {
  return (cache, limit) => {
    caches.set(cache, limit);
    return keepSessionsHere(cache, limit);
  };
}
