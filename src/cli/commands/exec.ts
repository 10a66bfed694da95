/** `overcoat exec -- COMMAND`: runs one command, every connection it makes wrapped in TLS, and ends as it ended. */
import { writeSync } from 'node:fs';
import { commandConfig } from '../../config/commands.ts';
import type { CommandEnd } from '../../exec/command-end.ts';
import { exitCodeOf, whyNotRunnable } from '../../exec/command-end.ts';
import { Explainer } from '../../exec/explain.ts';
import { wrappedShell } from '../../exec/shell.ts';
import { wrapCommand } from '../../exec/wrap-command.ts';
import type { EventKind, Observe } from '../../observe/events.ts';
import { createLog } from '../../observe/log.ts';
import { linesOf } from '../../observe/log-lines.ts';
import { fanOut, observer } from '../../observe/observers.ts';
import { refuseUnsafeEnvironment } from '../../tls/material/environment.ts';
import type { ExecArguments } from '../command.ts';
import { askTerminal } from '../passphrase.ts';
import { printError } from '../print.ts';

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
  const shell = asked.shell ? wrappedShell(process.env) : undefined;
  if (shell === undefined) return run(asked, process.env, () => undefined);
  try {
    return await run({ ...asked, command: shell.command }, { ...process.env, ...shell.env }, shell.remove);
  } finally {
    shell.remove();
  }
}

/** @param ended called before this process may end as the command did, by a signal */
async function run(wanted: ExecArguments, env: NodeJS.ProcessEnv, ended: () => void): Promise<number> {
  const [name = ''] = wanted.command;
  const unrunnable = whyNotRunnable(name, process.env['PATH'] ?? '');
  if (unrunnable !== undefined) {
    printError(`${name}: ${unrunnable.why}`);
    return unrunnable.code;
  }
  refuseUnsafeEnvironment(process.env);
  const { observe, finish } = observers(wanted);
  const end = await wrapCommand(wanted, { observe, ask: askTerminal, env });
  ended();
  finish();
  return endLike(end);
}

/** Above it the whole log is wanted, on standard error where no file is given. */
const DEFAULT_LEVEL = 5;

/** The log to its file, the failures to standard error; `finish` prints what --explain wants and closes. */
function observers({ log: file, explain, debug }: ExecArguments): { readonly observe: Observe; readonly finish: () => void } {
  const explainer = new Explainer((line) => printError(line));
  const log = file === undefined && debug <= DEFAULT_LEVEL ? undefined : createLog();
  if (log !== undefined) {
    const { global } = commandConfig('exec', debug);
    log.openFiles({ ...global, foreground: file === undefined ? 'yes' : 'quiet', output: file });
    log.accept();
  }
  return {
    observe: fanOut([explainer.observe, printWarnings, ...(log === undefined ? [] : [log.observe])]),
    finish: () => {
      log?.close();
      if (!explain) return;
      for (const line of explainer.lines) writeSync(2, `overcoat: ${line}\n`);
      if (explainer.untold > 0) writeSync(2, `overcoat: and ${explainer.untold} more\n`);
      if (explainer.failures > 0) writeSync(2, `overcoat: ${explainer.failures} failed, as was said\n`);
    },
  };
}

/** What is no connection's own affair, and the user of the command should know all the same. */
const WARNINGS: ReadonlySet<EventKind> = new Set(['configuration-warning', 'service-flawed', 'dns-trouble', 'datagrams-refused']);

const printWarnings = observer(
  (event, context) => {
    if (WARNINGS.has(event.kind)) for (const { text } of linesOf(event, context)) printError(text);
  },
  (kind) => WARNINGS.has(kind),
);

/** A shell must see what it would have seen of the command itself. */
function endLike(end: CommandEnd): number {
  if (end.signal !== null && PASSED_ON.has(end.signal)) {
    process.removeAllListeners(end.signal);
    process.kill(process.pid, end.signal);
  }
  return exitCodeOf(end);
}
