/** `overcoat client ACCEPT CONNECT`: one client-mode service without a file, verified unless told otherwise by a pin. */
import type { Config, ServiceConfig } from '../../config/config.ts';
import { COMMAND_SERVICE } from '../../config/defaults.ts';
import type { ClientArguments } from '../command.ts';
import { commandConfig, serveCommand } from './command-config.ts';

/** @returns the exit code */
export function client(wanted: ClientArguments): Promise<number> {
  return serveCommand(clientConfig(wanted));
}

/** A pin alone replaces chain and name; beside --ca it must hold together with them. */
export function clientConfig({ accept, connect, ca, pins, cert, key, sni, protocol, debug }: ClientArguments): Config {
  const chain = ca !== undefined || pins.length === 0;
  const name = sni ?? (connect.kind === 'tcp' ? connect.host : undefined);
  const service: ServiceConfig = {
    ...COMMAND_SERVICE,
    name: 'client',
    mode: 'client',
    accept: [accept],
    connect: [connect],
    serverName: name === undefined ? { kind: 'none' } : { kind: 'fixed', name },
    tls: { ...COMMAND_SERVICE.tls, cert, key },
    trust: { ...COMMAND_SERVICE.trust, system: chain && ca === undefined, caFile: ca },
    verify: { ...COMMAND_SERVICE.verify, request: true, require: true, chain, serverName: chain, pins },
    protocol: { ...COMMAND_SERVICE.protocol, name: protocol },
    logLevel: debug,
  };
  return commandConfig('client', service);
}
