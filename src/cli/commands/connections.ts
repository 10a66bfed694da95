/** `overcoat connections`: those that are open, and with --follow those that come and go. */
import { OvercoatError } from '../../errors.ts';
import { MAX_LINE_BYTES, printable, printableJson } from '../../text/printable.ts';
import { meantAmong } from '../../text/similar.ts';
import type { ConnectionsArguments } from '../args/command.ts';
import type { ConnectionAnswer, ServiceAnswer } from '../control/answers.ts';
import type { Asking } from '../control/ask.ts';
import { askFor, follow, withinTogether } from '../control/ask.ts';
import { columns } from '../control/columns.ts';
import { findControl } from '../control/find.ts';
import { CONNECTION_TITLES, connectionRow } from '../control/status-screen.ts';
import { print, printError } from '../terminal/print.ts';

/** What is asked for at a time: the most there is in one answer. */
const PART = 5000;
/** A process of a user with fewer rights may say that there is no end of them. */
const MOST = 1_000_000;

interface Part {
  readonly total: number;
  /** Missing in the answer of a process that is older than this command. */
  readonly next?: number | null;
  readonly connections: readonly ConnectionAnswer[];
}

/** @returns the exit code */
export async function connections({ service, follow: following, json, control, withinMs }: ConnectionsArguments): Promise<number> {
  const path = await findControl(control);
  const asking = withinTogether(withinMs);
  const filter = service === undefined ? '' : `&service=${encodeURIComponent(service)}`;
  if (service !== undefined) await refuseUnknown(path, service, filter, asking);
  if (following) return followThem(path, service, json, withinMs);
  const { shown, left } = await allOf(path, filter, asking);
  if (json) print(`${printableJson(shown, 2)}\n`);
  else print(`${columns(CONNECTION_TITLES, shown.map(connectionRow)).join('\n')}\n`);
  if (left > 0) printError(`${left} more are open and not shown`);
  return 0;
}

/** One that a reload has taken away is known as long as it has connections. @throws OvercoatError `control_refused` */
async function refuseUnknown(path: string, service: string, filter: string, asking: Asking): Promise<void> {
  const { services } = await askFor<{ readonly services: readonly ServiceAnswer[] }>(path, '/api/v1/services', asking);
  const names = services.map(({ name }) => String(name));
  if (names.includes(service)) return;
  const { total } = await askFor<Part>(path, `/api/v1/connections?limit=1${filter}`, asking);
  if (total === 0)
    throw new OvercoatError('control_refused', printable(`there is no service [${service}]${meantAmong(service, names)}`, MAX_LINE_BYTES));
}

/** Asked for in parts, so that one who ends meanwhile makes nobody be missed. @returns them, and how many there are beyond */
async function allOf(
  path: string,
  filter: string,
  asking: Asking,
): Promise<{ readonly shown: readonly ConnectionAnswer[]; readonly left: number }> {
  const shown: ConnectionAnswer[] = [];
  for (let after = ''; ; ) {
    const { total, next, connections } = await askFor<Part>(path, `/api/v1/connections?limit=${PART}${filter}${after}`, asking);
    for (const each of connections) shown.push(each);
    const ended = typeof next !== 'number' || connections.length === 0 || shown.length >= MOST;
    if (ended) return { shown, left: next === null ? 0 : total - shown.length };
    after = `&after=${next}`;
  }
}

/** Until the process ends, or whoever reads. */
async function followThem(path: string, service: string | undefined, json: boolean, withinMs: number | undefined): Promise<number> {
  for await (const { event, data } of follow(path, withinMs)) {
    if (event !== 'accepted' && event !== 'closed' && event !== 'lost') continue;
    if (service !== undefined && data['service'] !== service) continue;
    const text = json ? printableJson({ event, ...data }) : printable(lineOf(event, data), MAX_LINE_BYTES);
    if (!print(`${text}\n`)) return 0;
  }
  return 0;
}

function lineOf(event: string, data: Record<string, unknown>): string {
  if (event === 'lost') return `${data['count']} event(s) were left out: they came too fast`;
  const about = `${data['at']} ${data['connection']} [${data['service']}]`;
  if (event === 'accepted') return `${about} accepted ${data['client']}`;
  const { kind, code, message } = data['reason'] as { readonly kind: string; readonly code?: string; readonly message?: string };
  const how = code === undefined ? kind : `${code}: ${message ?? ''}`;
  return `${about} ended (${how}), ${data['toTls']} bytes to TLS, ${data['toPlain']} to plain`;
}
