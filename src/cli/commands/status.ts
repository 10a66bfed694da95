/** `overcoat status`: what the running process does, on one screen or as JSON. */
import { printableJson } from '../../text/printable.ts';
import type { StatusArguments } from '../args/command.ts';
import type { ExpiryAnswer, Overview, ProblemAnswer, ServiceAnswer, StatusAnswer } from '../control/answers.ts';
import { askFor, withinTogether } from '../control/ask.ts';
import { findControl } from '../control/find.ts';
import { statusScreen } from '../control/status-screen.ts';
import { print } from '../terminal/print.ts';

/** @returns the exit code: 0 where it is ready, 1 where it is not */
export async function status({ json, control, port, withinMs }: StatusArguments): Promise<number> {
  const path = port ?? (await findControl(control));
  const asking = withinTogether(withinMs);
  const overview: Overview = {
    status: await askFor<StatusAnswer>(path, '/api/v1/status', asking),
    services: (await askFor<{ services: readonly ServiceAnswer[] }>(path, '/api/v1/services', asking)).services,
    problems: (await askFor<{ problems: readonly ProblemAnswer[] }>(path, '/api/v1/problems', asking)).problems,
    certificates: (await askFor<{ own: readonly ExpiryAnswer[] }>(path, '/api/v1/certificates', asking)).own,
  };
  print(json ? `${printableJson(overview, 2)}\n` : statusScreen(overview));
  return overview.status.ready ? 0 : 1;
}
