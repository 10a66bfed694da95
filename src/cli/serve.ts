/**
 * Runs a daemon from a command: reads the configuration, detaches where it says so, and stays until the daemon ends. What goes wrong
 * at start is printed once, in the style of the launcher that was called.
 */
import type { Config, GlobalConfig } from '../config/config.ts';
import type { Launch, Scaffold } from '../daemon/launch.ts';
import { takeInheritedSockets } from '../daemon/process/inherited-sockets.ts';
import { NO_SECTION } from '../daemon/reload/reload.ts';
import type { DaemonSignal } from '../daemon/signals.ts';
import { announce, startDaemon } from '../daemon/start.ts';
import type { Predecessor } from '../daemon/upgrade/predecessor.ts';
import type { Again } from '../daemon/upgrade/successor.ts';
import { OvercoatError } from '../errors.ts';
import { standardStreamOf } from '../linux/process/standard-streams.ts';
import type { Observe } from '../observe/events.ts';
import type { Log } from '../observe/log.ts';
import { createLog } from '../observe/log.ts';
import { compileCache, ownArguments } from '../self.ts';
import { askTerminal } from './terminal/passphrase.ts';
import { printError } from './terminal/print.ts';

export interface Background {
  /** @param inputAt where the new process finds `input` */
  readonly args: (inputAt: number) => readonly string[];
  readonly input: string | undefined;
}

export interface ServeOptions {
  readonly launch: Launch;
  /** How the process starts itself again in the background; undefined: it always stays in the foreground. */
  readonly background: Background | undefined;
  /** What stands around the daemon while it serves. */
  readonly surround?: (observe: Observe) => Surroundings;
}

export interface Surroundings extends Scaffold {
  /** Resolves when what was put up is gone for good: the daemon ends then, with exit code 1. */
  readonly lost: Promise<void>;
}

/** What a failure is told to. */
interface Started {
  readonly log: Log;
  readonly launch: Launch;
  readonly predecessor: Predecessor | undefined;
}

const UI = { id: 'ui', service: undefined } as const;
const NO_CALLER = { ask: askTerminal, ready: async () => undefined };

/** @returns the exit code */
export async function serve({ launch, background, surround }: ServeOptions): Promise<number> {
  const log = createLog();
  announce(log, launch);
  const predecessor = await predecessorOf();
  const detached = background === undefined ? undefined : (await import('../daemon/process/detach.ts')).detachedFromCaller();
  const inherited = detached?.sockets ?? takeInheritedSockets();
  const started: Started = { log, launch, predecessor };
  const reading = launch.read();
  for (const text of reading.ok ? reading.config.warnings : reading.warnings) log.observe({ kind: 'configuration-warning', text }, UI);
  if (!reading.ok) return fail(started, reading.errors, true);
  const { config } = reading;
  if (config.inetd) return predecessor === undefined ? serveOne(config, inherited.length, started) : fail(started, [NO_SECTION], true);
  if (background !== undefined && (detached ?? predecessor) === undefined && config.global.foreground === 'no') {
    return detach(background, inherited, config.global);
  }
  try {
    const { ask, ready } = predecessor ?? detached ?? NO_CALLER;
    const scaffold = surround?.(log.observe);
    const early = scaffold === undefined ? undefined : holdSignals();
    const keepErrors = standardStreamOf(config.global.output) === 2;
    const daemon = await startDaemon(config, {
      launch,
      log,
      ask,
      inherited,
      scaffold,
      again: againOf(background),
      background: predecessor?.background ?? detached !== undefined,
      predecessor,
      ready: () => ready(keepErrors),
    });
    predecessor?.onSignal((signal) => daemon.passedSignal(signal as DaemonSignal));
    early?.release((signal) => daemon.stop(signal));
    let lost = false;
    void scaffold?.lost.then(() => {
      lost = true;
      daemon.stop('SIGQUIT');
    });
    const code = await daemon.finished;
    log.close();
    return lost ? 1 : code;
  } catch (cause) {
    return failWith(cause, config, started);
  }
}

/** Its module is loaded where there is one. */
async function predecessorOf(): Promise<Predecessor | undefined> {
  if (process.env['OVERCOAT_SUCCESSOR'] === undefined) return undefined;
  return (await import('../daemon/upgrade/predecessor.ts')).findPredecessor();
}

function againOf(background: Background | undefined): Again {
  const { args, input } = background ?? { args: ownArguments, input: undefined };
  return { args, input, environment: compileCache() };
}

async function detach({ args, input }: Background, sockets: readonly number[], { output }: GlobalConfig): Promise<number> {
  const { detachedInput, startDetached } = await import('../daemon/process/detach.ts');
  const environment = compileCache();
  const keepOutput = standardStreamOf(output) === 1;
  return startDetached({ args: args(detachedInput(sockets)), sockets, input, ask: askTerminal, keepOutput, environment });
}

/** inetd mode: 0 when the client was served, however that ended; who started us for it wants to know no more. @param inherited sockets of systemd */
async function serveOne(config: Config, inherited: number, started: Started): Promise<number> {
  const { log } = started;
  try {
    if (inherited > 0) throw unusedSockets(inherited);
    await (await import('../daemon/inetd.ts')).serveInetd(config, log, askTerminal);
    log.close();
    return 0;
  } catch (cause) {
    return failWith(cause, config, started);
  }
}

/** Its clients would wait there for ever, while we serve an empty standard input, end well and are started again. */
function unusedSockets(count: number): OvercoatError {
  const text = `Too many listening file descriptors received from systemd, got ${count}: without a [section] the client is standard input`;
  const units = 'set Accept=yes in the .socket unit and StandardInput=socket in its service';
  return new OvercoatError('start_process', `${text}; ${units}, or put a [name] with accept above the options`);
}

/** What a start has put up must be taken down again, so a signal in the middle of it waits for its end. */
function holdSignals(): { release(deliver: (signal: 'SIGTERM' | 'SIGINT') => void): void } {
  let held: 'SIGTERM' | 'SIGINT' | undefined;
  const hold = (signal: NodeJS.Signals): void => {
    held ??= signal === 'SIGINT' ? 'SIGINT' : 'SIGTERM';
  };
  process.on('SIGTERM', hold).on('SIGINT', hold);
  return {
    release: (deliver) => {
      process.off('SIGTERM', hold).off('SIGINT', hold);
      if (held !== undefined) deliver(held);
    },
  };
}

function failWith(cause: unknown, config: Config, started: Started): 1 {
  if (cause instanceof OvercoatError) return fail(started, [cause.message], cause.code.startsWith('config_'), cause.code === 'start_bind');
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const stack = config.global.logLevel === 7 ? [error.stack ?? ''] : [];
  return fail(started, [`INTERNAL ERROR: ${error.message}`, ...stack], false);
}

/**
 * @param told the log already has stunnel's lines for it
 * @returns the exit code, 1
 */
function fail({ log, launch: { style }, predecessor }: Started, lines: readonly string[], isConfig: boolean, told = false): 1 {
  predecessor?.failed(lines);
  if (style === 'stunnel') {
    if (!told) for (const text of lines) log.observe({ kind: 'message', level: 3, text }, UI);
    if (isConfig) log.observe({ kind: 'configuration-failed' }, UI);
    log.reject();
  } else {
    for (const line of lines) printError(line);
  }
  log.close();
  return 1;
}
