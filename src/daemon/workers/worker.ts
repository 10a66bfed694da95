/**
 * Where the process of a worker begins. Signals belong to the supervisor: terminals and `killall` send them to every process, so
 * here they are ignored from the first line on. A worker ends by its supervisor's hand, or, when that has died, after a drain, which
 * those signals that end a process cut short: a service manager ends what is left of a service before it starts it again.
 */
const IGNORED = ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;
const ENDING = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const;
const supervisor = process.ppid;
let isConnected = true;
const hasSupervisor = (): boolean => isConnected && process.ppid === supervisor;
for (const signal of IGNORED) process.on(signal, () => undefined);
for (const signal of ENDING) process.on(signal, () => void (hasSupervisor() || process.exit(1)));

void Promise.all([import('./run-worker.ts'), import('../../linux/process/process-name.ts')]).then(([{ runWorker }, { nameServer }]) => {
  nameServer(['worker', '(spare)']);
  runWorker().once('close', () => {
    isConnected = false;
  });
});
