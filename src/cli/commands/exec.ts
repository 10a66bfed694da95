/** `overcoat exec -- COMMAND`: runs one command, every connection it makes wrapped in TLS, and ends as it ended. */
import type { CommandEnd } from '../../exec/command-end.ts';
import { exitCodeOf, whyNotRunnable } from '../../exec/command-end.ts';
import { shellOf, wrappedShell } from '../../exec/shell.ts';
import { beginCommand, mayBegin } from '../../exec/start-command.ts';
import { refuseUnsafeEnvironment } from '../../tls/material/environment.ts';
import type { ExecArguments } from '../args/command.ts';
import { askTerminal } from '../terminal/passphrase.ts';
import { printError } from '../terminal/print.ts';

/** Signals whose default action leaves no core: dying by one of them is passed on as such. */
const PASSED_ON: ReadonlySet<NodeJS.Signals> = new Set([
  'SIGHUP',
  'SIGINT',
  'SIGKILL',
  'SIGPIPE',
  'SIGTERM',
  'SIGALRM',
  'SIGUSR1',
  'SIGUSR2',
]);

/** @returns the exit code, unless it ends by the signal that ended the command */
export async function exec(asked: ExecArguments): Promise<number> {
  const { env } = process;
  const [name = ''] = asked.shell ? [shellOf(env)] : asked.command;
  const unrunnable = whyNotRunnable(name, env['PATH'] ?? '');
  if (unrunnable !== undefined) {
    printError(`${name}: ${unrunnable.why}`);
    return unrunnable.code;
  }
  refuseUnsafeEnvironment(env);
  await mayBegin();
  // A key may want its passphrase, and whoever is asked for it may end us by a signal: from the beginning of the command on it is passed on.
  const early = asked.key === undefined ? undefined : await loaded(asked);
  await early?.prepared;
  if (!asked.shell) return run(asked, env, early, () => undefined);
  const shell = wrappedShell(env); // not before: from here on no signal ends us, which would leave its files behind
  try {
    return await run({ ...asked, command: shell.command }, { ...env, ...shell.env }, early, shell.remove);
  } finally {
    shell.remove();
  }
}

type Loaded = Awaited<ReturnType<typeof loaded>>;

/** What serves the command's connections is loaded, and on its way. */
async function loaded(wanted: ExecArguments) {
  const [{ execObservers }, { prepareService, wrapCommand }] = await Promise.all([
    import('../exec-observers.ts'),
    import('../../exec/wrap-command.ts'),
  ]);
  const observers = execObservers(wanted);
  const prepared = prepareService(wanted, askTerminal, observers.observe);
  prepared.catch(() => undefined); // asked for by `wrapCommand`
  return { ...observers, prepared, wrapCommand };
}

/** @param ended called before this process may end as the command did, by a signal */
async function run(wanted: ExecArguments, env: NodeJS.ProcessEnv, early: Loaded | undefined, ended: () => void): Promise<number> {
  const begun = beginCommand(wanted, env);
  begun.catch(() => undefined); // asked for by `wrapCommand`
  const { observe, log, finish, prepared, wrapCommand } = early ?? (await loaded(wanted));
  const end = await wrapCommand(wanted, { begun, prepared }, { observe, log });
  ended();
  finish();
  return endLike(end);
}

/** A shell must see what it would have seen of the command itself. */
function endLike(end: CommandEnd): number {
  if (end.signal !== null && PASSED_ON.has(end.signal)) {
    process.removeAllListeners(end.signal);
    process.kill(process.pid, end.signal);
  }
  return exitCodeOf(end);
}
