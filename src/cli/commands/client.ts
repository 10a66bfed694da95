/** `overcoat client ACCEPT CONNECT`: one client-mode service without a file, the server verified. */
import { buildClientConfig } from '../../config/commands.ts';
import type { ClientArguments } from '../command.ts';
import { serveCommand } from './command-config.ts';

/** @returns the exit code */
export function client(wanted: ClientArguments): Promise<number> {
  return serveCommand(buildClientConfig(wanted));
}
