/** `overcoat end`, `drain`, `reload`, `upgrade` and `log`: one order each to the running process. */
import type { LogLevel } from '../../config/config.ts';
import { controlOfSuccessor } from '../../status/places.ts';
import { MAX_LINE_BYTES, printable } from '../../text/printable.ts';
import type { Answer, Asking } from '../control/ask.ts';
import { ask, askFor } from '../control/ask.ts';
import { findControl } from '../control/find.ts';
import { print, printError } from '../terminal/print.ts';

/** Longer than a process is given to start. */
const UPGRADED_WITHIN_MS = 75_000;
/** More than this behind each other is nobody's order. */
const MAX_UPGRADES_BEFORE = 5;

/** @returns the exit code */
export async function end(connection: number, control: string | undefined): Promise<number> {
  await askFor(await findControl(control), `/api/v1/connections/${connection}/end`, { method: 'POST' });
  return 0;
}

/** @param resume accept again. @returns the exit code */
export async function drain(service: string, resume: boolean, control: string | undefined): Promise<number> {
  const order = resume ? 'resume' : 'drain';
  const { code, body } = await askWhoServes(control, `/api/v1/services/${encodeURIComponent(service)}/${order}`);
  return code === 200 ? 0 : refused(body);
}

/** Prints what has changed, or everything that is wrong. @returns the exit code */
export async function reload(control: string | undefined): Promise<number> {
  const { code, body } = await askWhoServes(control, '/api/v1/reload');
  if (code !== 200) return refused(body, 'Not reloaded: the configuration from before stays in force');
  const { added, removed, changed } = body as Readonly<Record<'added' | 'removed' | 'changed', readonly string[]>>;
  const said = Object.entries({ added, removed, changed }).filter(([, names]) => names.length > 0);
  print(
    said.length === 0
      ? 'Reloaded; no service has changed.\n'
      : `Reloaded.\n${said.map(([how, names]) => `${how}: ${printable(names.join(', '), MAX_LINE_BYTES)}\n`).join('')}`,
  );
  return 0;
}

/** Prints who serves now, or everything that is wrong. @returns the exit code */
export async function upgrade(control: string | undefined): Promise<number> {
  const { code, body } = await askWhoServes(control, '/api/v1/upgrade');
  if (code !== 200) return refused(body, 'Not upgraded: no other process has taken over');
  const { version, pid, connections } = body as { readonly version: string; readonly pid: number; readonly connections: number };
  const left = connections === 0 ? '' : `; ${connections} connection(s) stay with the process before until they end`;
  print(`Overcoat ${printable(String(version))} serves as process ${pid}${left}.\n`);
  return 0;
}

/** An order that has waited while another process took the place of the one that was asked is meant for that one. */
async function askWhoServes(control: string | undefined, path: string): Promise<Answer> {
  const asking: Asking = { method: 'POST', withinMs: UPGRADED_WITHIN_MS };
  let asked = await findControl(control);
  for (let upgrades = 0; ; upgrades += 1) {
    const answer = await ask(asked, path, asking);
    const servedBy = (answer.body as { readonly servedBy?: unknown } | null)?.servedBy;
    if (typeof servedBy !== 'number' || upgrades === MAX_UPGRADES_BEFORE) return answer;
    asked = controlOfSuccessor(asked, servedBy);
  }
}

/** @param outcome what that means for whoever is served */
function refused(body: unknown, ...outcome: readonly string[]): 1 {
  const { error, problems } = body as { readonly error: string; readonly problems?: readonly string[] };
  for (const line of [...(problems ?? [error]), ...outcome]) printError(printable(String(line), MAX_LINE_BYTES));
  return 1;
}

/** @param level undefined: as configured. @returns the exit code */
export async function setLogLevel(level: LogLevel | undefined, control: string | undefined): Promise<number> {
  await askFor(await findControl(control), '/api/v1/log-level', { method: 'PUT', body: { level: level ?? null } });
  return 0;
}
