/**
 * SIGHUP: the new configuration is read, checked and bound as a whole before anything changes. Whatever is wrong with it is logged,
 * and the old one stays in force. Options that count at the start only keep their value, and the log says so (START_ONLY).
 */
import { isDeepStrictEqual } from 'node:util';
import type { Config, GlobalConfig } from '../config/config.ts';
import { OvercoatError } from '../errors.ts';
import type { EventOf, Observe } from '../observe/events.ts';
import type { Log } from '../observe/log.ts';
import { linesOf } from '../observe/log-lines.ts';
import type { AskPassphrase } from '../tls/material/key-material.ts';
import type { Engine, Served } from './engine.ts';
import type { Launch } from './launch.ts';
import type { ListenerSet } from './listener-set.ts';
import { applyEnvironment } from './process/environment.ts';
import type { Manager } from './process/ready.ts';
import { inStartFolder } from './process/start-folder.ts';
import { changesOf } from './reload-changes.ts';

export interface ReloadParts {
  readonly launch: Launch;
  readonly log: Log;
  /** Knows the passphrases that were given at start; nobody sits at a terminal now. */
  readonly ask: AskPassphrase;
  readonly engine: Engine;
  readonly listeners: ListenerSet;
  readonly manager: Manager;
}

const MAIN = { id: 'main', service: undefined } as const;

/** What serves. */
export interface Serving {
  readonly config: Config;
  readonly services: readonly Served[];
}

/** @returns what serves from now on; never rejects */
export async function reload(current: Serving, parts: ReloadParts): Promise<Serving> {
  const { log, manager } = parts;
  const begunAt = performance.now();
  manager.reloading();
  let verdict = '';
  const tell = (event: EventOf<'reloaded' | 'reload-failed'>): string => {
    log.observe(event, MAIN);
    return linesOf(event, MAIN)[0]?.text ?? '';
  };
  try {
    const next = await replace(current.config, parts);
    const changes = changesOf(current.services, next.services);
    verdict = tell({ kind: 'reloaded', ms: performance.now() - begunAt, changes });
    return next;
  } catch (cause) {
    const problems = cause instanceof Refused ? cause.lines : [cause instanceof Error ? cause.message : String(cause)];
    verdict = `Reload failed, the old configuration serves on: ${problems[0] ?? ''}`;
    tell({ kind: 'reload-failed', code: cause instanceof OvercoatError ? cause.code : undefined, problems });
    return current;
  } finally {
    manager.ready(verdict);
  }
}

async function replace(current: Config, { launch, log, ask, engine, listeners }: ReloadParts): Promise<Serving> {
  const { source } = launch;
  if (source !== undefined) log.observe({ kind: 'configuration-reading', source }, MAIN);
  const reading = inStartFolder(() => launch.read());
  for (const text of reading.ok ? reading.config.warnings : reading.warnings) log.observe({ kind: 'configuration-warning', text }, MAIN);
  if (!reading.ok) throw new Refused(reading.errors);
  if (reading.config.inetd) throw new Refused(['The new configuration has no [section]: nothing would be served']);
  const config = { ...reading.config, global: withStartOnly(reading.config.global, current.global, log.observe) };
  const services = await inStartFolder(() => engine.prepare(config, ask)); // opens its files before its first wait
  const plan = await listeners.plan(services);
  try {
    await plan.listen();
    await launch.arrange?.(config, (level, text) => log.observe({ kind: 'message', level, text }, MAIN));
    log.reconfigure(config.global);
    engine.configure(config.global);
  } catch (cause) {
    await plan.abandon();
    throw cause;
  }
  applyEnvironment(config.global.setEnv);
  log.observe({ kind: 'configuration-successful' }, MAIN);
  await plan.commit();
  engine.switchedTo(services);
  log.reopen();
  log.observe({ kind: 'accepting' }, MAIN);
  return { config, services };
}

/** The configuration itself is wrong; each line says one thing. */
class Refused extends Error {
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    super(lines.join('\n'));
    this.lines = lines;
  }
}

/** Global options that count at start only. */
const START_ONLY = [
  'chroot',
  'dnsListen',
  'fips',
  'foreground',
  'pid',
  'providers',
  'serviceName',
  'setgid',
  'setuid',
  'syslog',
  'syslogFacility',
  'workers',
] as const satisfies readonly (keyof GlobalConfig)[];

/** Their names in a configuration, where that is another one. */
const OPTION_NAMES: ReadonlyMap<string, string> = new Map([
  ['providers', 'provider'],
  ['serviceName', 'service'],
  ['syslogFacility', 'the facility of debug'],
]);

function withStartOnly(next: GlobalConfig, current: GlobalConfig, observe: Observe): GlobalConfig {
  const kept: Partial<Record<keyof GlobalConfig, unknown>> = {};
  for (const name of START_ONLY) {
    kept[name] = current[name];
    if (isDeepStrictEqual(next[name], current[name])) continue;
    observe({ kind: 'start-option-kept', option: OPTION_NAMES.get(name) ?? name }, MAIN);
  }
  return { ...next, ...(kept as Partial<GlobalConfig>) };
}
