/** `overcoat server ACCEPT CONNECT --cert FILE`: one server-mode service without a file. */

import type { ServerChoice } from '../../config/commands.ts';
import { buildServerConfig } from '../../config/commands.ts';
import type { WatchChoice } from '../args/command.ts';
import { serveCommand } from './command-config.ts';

/** @returns the exit code */
export function server(wanted: ServerChoice, watch: WatchChoice): Promise<number> {
  return serveCommand(buildServerConfig(wanted), watch);
}
