/** `overcoat server ACCEPT CONNECT --cert FILE`: one server-mode service without a file. */
import type { Config, ServiceConfig } from '../../config/config.ts';
import { COMMAND_SERVICE } from '../../config/defaults.ts';
import type { ServerArguments } from '../command.ts';
import { commandConfig, serveCommand } from './command-config.ts';

/** @returns the exit code */
export function server(wanted: ServerArguments): Promise<number> {
  return serveCommand(serverConfig(wanted));
}

/** With --ca or --pin clients must show a certificate that satisfies all that is given. */
export function serverConfig({ accept, connect, cert, key, ca, pins, protocol, debug }: ServerArguments): Config {
  const asks = ca !== undefined || pins.length > 0;
  const service: ServiceConfig = {
    ...COMMAND_SERVICE,
    name: 'server',
    mode: 'server',
    accept: [accept],
    connect: [connect],
    tls: { ...COMMAND_SERVICE.tls, cert, key: key ?? cert },
    trust: { ...COMMAND_SERVICE.trust, caFile: ca },
    verify: { ...COMMAND_SERVICE.verify, request: asks, require: asks, chain: ca !== undefined, pins },
    protocol: { ...COMMAND_SERVICE.protocol, name: protocol },
    logLevel: debug,
  };
  return commandConfig('server', service);
}
