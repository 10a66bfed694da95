/** The signals a daemon answers (man page stunnel(8), SIGNALS). */

const SIGNALS = ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGTERM', 'SIGINT', 'SIGQUIT'] as const;

export type DaemonSignal = (typeof SIGNALS)[number];

/** @returns undoes it: the signals have their default action again */
export function catchSignals(listener: (signal: DaemonSignal) => void): () => void {
  const caught = SIGNALS.map((signal) => {
    const on = (): void => listener(signal);
    process.on(signal, on);
    return () => process.off(signal, on);
  });
  return () => {
    for (const forget of caught) forget();
  };
}
