/** `overcoat server ACCEPT CONNECT --cert FILE`: one server-mode service without a file. */
import { buildServerConfig } from '../../config/commands.ts';
import type { ServerArguments } from '../command.ts';
import { serveCommand } from './command-config.ts';

/** @returns the exit code */
export function server(wanted: ServerArguments): Promise<number> {
  return serveCommand(buildServerConfig(wanted));
}
