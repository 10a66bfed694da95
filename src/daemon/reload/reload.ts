/**
 * SIGHUP: the new configuration is read, checked and bound as a whole before anything changes. Whatever is wrong with it is logged,
 * and the old one stays in force. Options that count at the start only keep their value, and the log says so (START_ONLY).
 */
import { isDeepStrictEqual } from 'node:util';
import type { Config, GlobalConfig } from '../../config/config.ts';
import type { ErrorCode } from '../../errors.ts';
import { OvercoatError } from '../../errors.ts';
import type { EventOf, Observe } from '../../observe/events.ts';
import type { Log } from '../../observe/log.ts';
import { linesOf } from '../../observe/log-lines.ts';
import type { AskPassphrase } from '../../tls/material/key-material.ts';
import type { Engine, Served } from '../engine.ts';
import type { Errands } from '../errands.ts';
import type { Launch } from '../launch.ts';
import type { ListenerSet } from '../listener-set.ts';
import { applyEnvironment } from '../process/environment.ts';
import type { Manager } from '../process/ready.ts';
import { inStartFolder } from '../process/start-folder.ts';
import { freeFormerServices } from './former-services.ts';
import { changesOf } from './reload-changes.ts';

export interface ReloadParts {
  readonly launch: Launch;
  readonly log: Log;
  /** Knows the passphrases that were given at start; nobody sits at a terminal now. */
  readonly ask: AskPassphrase;
  readonly engine: Engine;
  readonly listeners: ListenerSet;
  readonly errands: Errands;
  readonly manager: Manager;
}

/** What serves now. */
export interface Serving {
  readonly config: Config;
  readonly services: readonly Served[];
  /** Services that accept nobody, because somebody said so. */
  readonly drained: ReadonlySet<string>;
}

export type Reloaded =
  | { readonly ok: true; readonly serving: Serving }
  /** Everything is as before. */
  | { readonly ok: false; readonly code: ErrorCode | undefined; readonly problems: readonly string[] };

/** A process that serves must not become one that serves its standard input. */
export const NO_SECTION = 'The new configuration has no [section]: nothing would be served';

const MAIN = { id: 'main', service: undefined } as const;

/** Never rejects. */
export async function reload(current: Serving, parts: ReloadParts): Promise<Reloaded> {
  const { log, manager } = parts;
  const begunAt = performance.now();
  manager.reloading();
  let verdict = '';
  const tell = (event: EventOf<'reloaded' | 'reload-failed'>): string => {
    log.observe(event, MAIN);
    return linesOf(event, MAIN)[0]?.text ?? '';
  };
  try {
    const serving = await replace(current, parts);
    const changes = changesOf(current.services, serving.services);
    verdict = tell({ kind: 'reloaded', ms: performance.now() - begunAt, changes });
    return { ok: true, serving };
  } catch (cause) {
    const problems = cause instanceof Refused ? cause.lines : [cause instanceof Error ? cause.message : String(cause)];
    const reason = cause instanceof Refused ? cause.cause : cause;
    const code = reason instanceof OvercoatError ? reason.code : undefined;
    verdict = `Reload failed, the old configuration serves on: ${problems[0] ?? ''}`;
    tell({ kind: 'reload-failed', code, problems, usable: !(cause instanceof Refused) });
    return { ok: false, code, problems };
  } finally {
    manager.ready(verdict);
  }
}

async function replace(current: Serving, { launch, log, ask, engine, listeners, errands }: ReloadParts): Promise<Serving> {
  const { source } = launch;
  if (source !== undefined) log.observe({ kind: 'configuration-reading', source }, MAIN);
  const reading = inStartFolder(() => launch.read());
  for (const text of reading.ok ? reading.config.warnings : reading.warnings) log.observe({ kind: 'configuration-warning', text }, MAIN);
  if (!reading.ok) throw new Refused(reading.errors);
  if (reading.config.inetd) throw new Refused([NO_SECTION]);
  const config = { ...reading.config, global: withStartOnly(reading.config.global, current.config.global, log.observe) };
  const known = await engine.files.readForUs();
  const preparing = inStartFolder(() => engine.prepare(config, ask, known)); // opens its files before its first wait
  const services = await preparing.catch((cause: unknown) => {
    throw new Refused([cause instanceof Error ? cause.message : String(cause)], cause);
  });
  const drained = new Set(services.map(({ config: { name } }) => name).filter((name) => current.drained.has(name)));
  const plan = await listeners.plan(accepting(services, drained));
  try {
    await errands.begin(config);
    await plan.listen();
    await launch.arrange?.(config, (event) => log.observe(event, MAIN));
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
  freeFormerServices();
  log.reopen();
  log.observe({ kind: 'accepting' }, MAIN);
  return { config, services, drained };
}

/** Those that are to have listeners. */
export function accepting(services: readonly Served[], drained: ReadonlySet<string>): readonly Served[] {
  return services.filter(({ config }) => !drained.has(config.name));
}

/** The configuration itself, or a file of it, is wrong; each line says one thing. */
class Refused extends Error {
  readonly lines: readonly string[];

  constructor(lines: readonly string[], cause?: unknown) {
    super(lines.join('\n'), { cause });
    this.lines = lines;
  }
}

/** Global options that count at start only. */
const START_ONLY = [
  'chroot',
  'confine',
  'dnsListen',
  'fips',
  'foreground',
  'logFormat',
  'pid',
  'providers',
  'serviceName',
  'setgid',
  'setuid',
  'syslog',
  'syslogFacility',
  'watch',
  'workers',
] as const satisfies readonly (keyof GlobalConfig)[];

/** Their names in a configuration, where that is another one. */
const OPTION_NAMES: ReadonlyMap<string, string> = new Map([
  ['providers', 'provider'],
  ['serviceName', 'service'],
  ['syslogFacility', 'the facility of debug'],
  ['watch', 'what is said of control, status and records'],
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
