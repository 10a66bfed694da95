/**
 * The signals a daemon answers (man page stunnel(8), SIGNALS). The trap: `--disable-sigusr1`, which keeps Node's debugger shut,
 * blocks the signal, so it has to be let through again once it has a listener.
 */
import { constants } from 'node:os';

const SIGNALS = ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGTERM', 'SIGINT', 'SIGQUIT'] as const;

export type DaemonSignal = (typeof SIGNALS)[number];

/**
 * Those that the process was started with ignored stay so, as stunnel does (nohup, the background of a shell). Node has forgotten
 * which they were; the launcher remembers them in the environment, as the mask of /proc/PID/status.
 */
const MAY_BE_IGNORED: ReadonlySet<DaemonSignal> = new Set(['SIGTERM', 'SIGINT', 'SIGQUIT']);
const IGNORED = 'OVERCOAT_IGNORED_SIGNALS';

function ignoredAtStart(signal: DaemonSignal, environment: NodeJS.ProcessEnv = process.env): boolean {
  const mask = Number.parseInt(environment[IGNORED]?.slice(-8) ?? '0', 16);
  return MAY_BE_IGNORED.has(signal) && ((mask >>> (constants.signals[signal] - 1)) & 1) === 1;
}

/** @returns undoes it: the signals have their default action again */
export function catchSignals(listener: (signal: DaemonSignal) => void): () => void {
  const caught = SIGNALS.map((signal) => {
    const ignored = ignoredAtStart(signal);
    const on = (): void => (ignored ? undefined : listener(signal));
    process.on(signal, on);
    return () => process.off(signal, on);
  });
  setImmediate(() => void answerUsr1()); // the binding takes a while to load, and nothing waits for it
  return () => {
    for (const forget of caught) forget();
  };
}

async function answerUsr1(): Promise<void> {
  const { unblockSignal } = await import('../linux/libc/process.ts');
  unblockSignal(constants.signals.SIGUSR1);
}
