/** `overcoat client ACCEPT CONNECT`: one client-mode service without a file, the server verified. */

import type { ClientChoice } from '../../config/commands.ts';
import { buildClientConfig } from '../../config/commands.ts';
import type { WatchChoice } from '../args/command.ts';
import { serveCommand } from './command-config.ts';

/** @returns the exit code */
export function client(wanted: ClientChoice, watch: WatchChoice): Promise<number> {
  return serveCommand(buildClientConfig(wanted), watch);
}
