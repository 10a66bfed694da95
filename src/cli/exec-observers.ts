/** What `overcoat exec` says of its command's connections: failures as they come, a log and a summary where they are wanted. */
import { writeSync } from 'node:fs';
import { commandConfig } from '../config/commands.ts';
import { Explainer } from '../exec/explain.ts';
import type { EventKind, Observe } from '../observe/events.ts';
import type { Log } from '../observe/log.ts';
import { createLog } from '../observe/log.ts';
import { linesOf } from '../observe/log-lines.ts';
import { fanOut, observer } from '../observe/observers.ts';
import type { ExecArguments } from './args/command.ts';
import { printError } from './terminal/print.ts';

/** Above it the whole log is wanted, on standard error where no file is given. */
const DEFAULT_LEVEL = 5;

/** The log to its file, the failures to standard error; `finish` prints what --explain wants and closes. */
export function execObservers({ log: file, explain, debug }: ExecArguments): {
  readonly observe: Observe;
  readonly log: Log | undefined;
  readonly finish: () => void;
} {
  const explainer = new Explainer((line) => printError(line));
  const log = file === undefined && debug <= DEFAULT_LEVEL ? undefined : createLog();
  if (log !== undefined) {
    const { global } = commandConfig('exec', debug);
    log.openFiles({ ...global, foreground: file === undefined ? 'yes' : 'quiet', output: file });
    log.accept();
  }
  return {
    log,
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
