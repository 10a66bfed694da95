/**
 * The signals a daemon answers (man page stunnel(8), SIGNALS). The trap: `--disable-sigusr1`, which keeps Node's debugger shut,
 * blocks the signal, so it has to be let through again once it has a listener.
 */
import { constants } from 'node:os';

const SIGNALS = ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGTERM', 'SIGINT', 'SIGQUIT'] as const;

export type DaemonSignal = (typeof SIGNALS)[number];

/** @returns undoes it: the signals have their default action again */
export function catchSignals(listener: (signal: DaemonSignal) => void): () => void {
  const caught = SIGNALS.map((signal) => {
    const on = (): void => listener(signal);
    process.on(signal, on);
    return () => process.off(signal, on);
  });
  setImmediate(() => void answerUsr1()); // the binding takes a while to load, and nothing waits for it
  return () => {
    for (const forget of caught) forget();
  };
}

async function answerUsr1(): Promise<void> {
  const { libcAvailable, unblockSignal } = await import('../linux/libc.ts');
  if (libcAvailable()) unblockSignal(constants.signals.SIGUSR1);
}
