/**
 * Takes renewed files: services whose files hold something else now are made again of them, and their listeners go on with the new ones.
 * What cannot be used (a key that does not fit, half a file) changes nothing, service by service, and is said once.
 */
import type { X509Certificate } from 'node:crypto';
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { CHALLENGE_FILE } from '../../acme/wanted.ts';
import type { ServiceConfig } from '../../config/config.ts';
import { OvercoatError } from '../../errors.ts';
import type { Observe } from '../../observe/events.ts';
import { fanOut } from '../../observe/observers.ts';
import type { FilesRead } from '../../start-files.ts';
import { isOfStore, questionOf, sameAnswer } from '../../start-files.ts';
import type { AskPassphrase } from '../../tls/material/key-material.ts';
import type { Engine, Renewing, Served } from '../engine.ts';
import type { ListenerSet } from '../listener-set.ts';
import { inStartFolder } from '../process/start-folder.ts';
import { freeFormerServices } from '../reload/former-services.ts';
import type { Serving } from '../reload/reload.ts';
import { accepting } from '../reload/reload.ts';
import { renewals } from '../reload/reload-changes.ts';
import { loadFrom } from '../services.ts';
import { unfinished } from './unfinished.ts';

/** Who writes several files leaves them unfit for each other for a moment; only what lasts longer is said. */
export const GRACE_MS = 4000;

const MAIN = { id: 'main', service: undefined } as const;
const SILENT = fanOut([]);

export interface RenewalParts {
  readonly engine: Engine;
  readonly listeners: ListenerSet;
  /** Knows the passphrases that were given at start; nobody sits at a terminal now. */
  readonly ask: AskPassphrase;
  readonly observe: Observe;
}

export interface Renewed {
  /** What serves now; undefined: what served before. */
  readonly serving: Serving | undefined;
  /** Something cannot be used, and is given a moment: ask again. */
  readonly waiting: boolean;
}

export class Renewal {
  readonly #parts: RenewalParts;
  /** By service: what of its files could not be used, as a digest, and whether that was said. */
  readonly #refused = new Map<string, { readonly digest: string; said: boolean }>();

  constructor(parts: RenewalParts) {
    this.#parts = parts;
  }

  /** Never rejects. @param files every answer there is now */
  async take(current: Serving, files: FilesRead): Promise<Renewed> {
    const usable = new Map<Served, FilesRead>();
    let waiting = false;
    for (const service of current.services.filter(({ config }) => config.reloadCerts !== 'no')) {
      const changed = changedQuestions(service, files);
      if (changed.length === 0) {
        this.#refused.delete(service.config.name);
        continue;
      }
      const known = new Map([...files, ...service.files.names, ...storesOf(service)]);
      const problem = this.#problemWith(service, known, changed, current.config.strict);
      if (problem === undefined) usable.set(service, known);
      else waiting = this.#refuse(service.config, problem, digestOf(files, changed)) || waiting;
    }
    if (usable.size === 0) return { serving: undefined, waiting };
    try {
      return { serving: await this.#switch(current, usable, files), waiting };
    } catch (cause) {
      if (this.#parts.listeners.closed) return { serving: undefined, waiting: false }; // it was told to stop meanwhile: nothing is wrong with the files
      for (const { config } of usable.keys()) this.#refuse(config, cause as Error, '', true);
      return { serving: undefined, waiting };
    }
  }

  /** Tried in this process, whoever serves. */
  #problemWith({ config, tls, files: before }: Served, known: FilesRead, changed: readonly string[], strict: boolean): Error | undefined {
    for (const question of changed) {
      const problem = unfinished(questionOf(question).path, known.get(question), before.tls.get(question));
      if (problem !== undefined) return new OvercoatError('config_key_material', problem);
    }
    try {
      const options = { ask: this.#parts.ask, observe: SILENT, strict };
      const [next] = inStartFolder(() => loadFrom([{ config, files: known }], options, 'disk'));
      return outOfDate(config, next?.tls.ownCertificate, tls.ownCertificate, new Date());
    } catch (cause) {
      return cause as Error;
    }
  }

  /** @returns whether it is given a moment first */
  #refuse(config: ServiceConfig, cause: Error, digest: string, atOnce = false): boolean {
    const known = this.#refused.get(config.name);
    const entry = known?.digest === digest ? known : { digest, said: false };
    this.#refused.set(config.name, entry);
    if (known !== entry && !atOnce) return true;
    if (entry.said) return false;
    entry.said = true;
    const code = cause instanceof OvercoatError ? cause.code : 'internal';
    const text = cause.message.replace(`Service [${config.name}]: `, '');
    this.#parts.observe({ kind: 'files-refused', code, text }, { id: 'main', service: config });
    return false;
  }

  /** Services that share a port by name are made again together, since one of them leads to the others. */
  async #switch(current: Serving, usable: ReadonlyMap<Served, FilesRead>, files: FilesRead): Promise<Serving> {
    const { engine, listeners, ask, observe } = this.#parts;
    const families = new Set([...usable.keys()].map(familyOf));
    const renewing: Renewing[] = current.services
      .filter((service) => families.has(familyOf(service)))
      .map((service) => ({ service, files: usable.get(service) ?? new Map([...service.files.names, ...service.files.tls]) }));
    const changed = [...usable.keys()].flatMap((service) => changedQuestions(service, files).map((question) => questionOf(question).path));
    const names = renewing.map(({ service }) => service.config.name);
    const made = await inStartFolder(() => engine.renew(renewing, ask));
    const next = new Map(renewing.map(({ service }, index) => [service, made[index] as Served]));
    const services = current.services.map((service) => next.get(service) ?? service);
    const plan = await listeners.plan(accepting(services, current.drained));
    await plan.commit();
    engine.switchedTo(services);
    freeFormerServices();
    for (const { config } of usable.keys()) this.#refused.delete(config.name);
    const renewed = renewals(current.services, services);
    // a challenge comes and goes: what the service is to its clients has not changed
    const lasting = changed.filter((path) => basename(path) !== CHALLENGE_FILE);
    if (lasting.length > 0) observe({ kind: 'files-renewed', services: names, renewed, files: [...new Set(lasting)].sort() }, MAIN);
    for (const { config, tls } of made) {
      for (const expiry of tls.expiries) observe({ kind: 'expiry-known', ...expiry }, { id: 'main', service: config });
    }
    return { ...current, services };
  }
}

/** The primary of a virtual host; a service without is its own family. */
function familyOf({ config }: Served): string {
  return config.virtualHost?.primary ?? config.name;
}

/** What providers keep is not looked at again: they may be out of reach by now. */
function storesOf({ files }: Pick<Served, 'files'>): FilesRead {
  return new Map([...files.tls].filter(([question]) => isOfStore(question)));
}

/** What of a service's files was answered in another way before. */
function changedQuestions({ files }: Pick<Served, 'files'>, now: FilesRead): readonly string[] {
  return [...files.tls].flatMap(([question, before]) => {
    const answer = now.get(question);
    return answer === undefined || sameAnswer(before, answer) ? [] : [question];
  });
}

function digestOf(files: FilesRead, questions: readonly string[]): string {
  const hash = createHash('sha256');
  for (const question of questions) hash.update(question).update(JSON.stringify(files.get(question)) ?? '');
  return hash.digest('hex');
}

/** A certificate that is of no use now does not take the place of one that is. */
function outOfDate(
  { tls: { cert } }: ServiceConfig,
  next: X509Certificate | undefined,
  former: X509Certificate | undefined,
  now: Date,
): OvercoatError | undefined {
  if (next === undefined || (former !== undefined && !isValid(former, now)) || isValid(next, now)) return undefined;
  const day = (date: Date): string => date.toISOString().slice(0, 10);
  const why = next.validToDate < now ? `expired on ${day(next.validToDate)}` : `is not valid before ${day(next.validFromDate)}`;
  return new OvercoatError('config_key_material', `cert = ${cert}: the new certificate ${why}; renew it again, or set the clock right`);
}

function isValid({ validFromDate, validToDate }: X509Certificate, now: Date): boolean {
  return validFromDate <= now && now <= validToDate;
}
