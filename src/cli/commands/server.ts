/** `overcoat server ACCEPT CONNECT --cert FILE`: one server-mode service without a file. */

import type { ServerChoice } from '../../config/commands.ts';
import { buildServerConfig } from '../../config/commands.ts';
import { serveCommand } from './command-config.ts';

/** @returns the exit code */
export function server(wanted: ServerChoice): Promise<number> {
  return serveCommand(buildServerConfig(wanted));
}
