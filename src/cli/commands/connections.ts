/** `overcoat connections`: those that are open, and with --follow those that come and go. */
import { MAX_LINE_BYTES, printable, printableJson } from '../../text/printable.ts';
import type { ConnectionsArguments } from '../args/command.ts';
import type { ConnectionAnswer } from '../control/answers.ts';
import { askFor, follow } from '../control/ask.ts';
import { columns } from '../control/columns.ts';
import { findControl } from '../control/find.ts';
import { CONNECTION_TITLES, connectionRow } from '../control/status-screen.ts';
import { print } from '../terminal/print.ts';

const MOST = 5000;

/** @returns the exit code */
export async function connections({ service, follow: following, json, control }: ConnectionsArguments): Promise<number> {
  const path = await findControl(control);
  if (following) return followThem(path, service, json);
  const filter = service === undefined ? '' : `&service=${encodeURIComponent(service)}`;
  const page = await askFor<{ total: number; connections: readonly ConnectionAnswer[] }>(
    path,
    `/api/v1/connections?limit=${MOST}${filter}`,
  );
  if (json) print(`${printableJson(page.connections, 2)}\n`);
  else print(`${columns(CONNECTION_TITLES, page.connections.map(connectionRow)).join('\n')}\n`);
  return 0;
}

/** Until the process ends, or whoever reads. */
async function followThem(path: string, service: string | undefined, json: boolean): Promise<number> {
  for await (const { event, data } of follow(path)) {
    if (event !== 'accepted' && event !== 'closed' && event !== 'lost') continue;
    if (service !== undefined && data['service'] !== service) continue;
    print(json ? `${printableJson({ event, ...data })}\n` : `${printable(lineOf(event, data), MAX_LINE_BYTES)}\n`);
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
