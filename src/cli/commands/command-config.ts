/** What the commands without a file have in common: a configuration of one service, run in the foreground. */
import type { Config, ServiceConfig } from '../../config/config.ts';
import { COMMAND_GLOBAL } from '../../config/defaults.ts';
import type { Launch } from '../../daemon/launch.ts';
import { serve } from '../serve.ts';

export function commandConfig(command: string, service: ServiceConfig): Config {
  return {
    source: `overcoat ${command}`,
    inetd: false,
    strict: true,
    global: { ...COMMAND_GLOBAL, logLevel: service.logLevel },
    services: [service],
  };
}

/** @returns the exit code */
export function serveCommand(config: Config): Promise<number> {
  const launch: Launch = { source: undefined, style: 'overcoat', read: () => ({ ok: true, config, warnings: [] }) };
  return serve({ launch, background: undefined });
}
