/**
 * Where the process of a worker begins. Signals belong to the supervisor: terminals and `killall` send them to every process, so
 * here they are ignored from the first line on. A worker ends by its supervisor's hand, or, when that has died, after a drain.
 */
const IGNORED = ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGTERM', 'SIGINT', 'SIGQUIT'] as const;
for (const signal of IGNORED) process.on(signal, () => undefined);

const [{ runWorker }, { nameServer }] = await Promise.all([import('./run-worker.ts'), import('../../linux/process-name.ts')]);
nameServer(['worker', '(spare)']);
runWorker();
