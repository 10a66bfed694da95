/**
 * Begins a command: its namespaces are made, and its helper waits inside. That is most of the time `exec` takes, and needs nothing of
 * what serves the command's connections, which is loaded and prepared meanwhile: this file imports little.
 */
import { networkInterfaces } from 'node:os';
import type { PortRange } from '../config/config.ts';
import { mappedPorts } from '../gateway/rules/ports.ts';
import { needProgram } from '../linux/files/find-program.ts';
import { hasCapability } from '../linux/process/capabilities.ts';
import type { HelperOrder } from './helper-protocol.ts';
import type { WaitingCommand } from './namespace.ts';
import { makeNamespace } from './namespace.ts';
import { needNamespaces } from './obstacles.ts';
import type { ExecChoice } from './wrap-command.ts';

/** To be asked first: who may not have namespaces is told by us, not by the tool. @throws OvercoatError `exec_namespace`, `start_program` */
export function mayBegin(): Promise<void> {
  return needNamespaces(maySplitNetworks());
}

/**
 * The helper is on its way when this returns.
 * @param env what the command inherits
 * @throws OvercoatError `start_program` for tools that are missing; rejects with `exec_namespace`
 */
export function beginCommand(choice: ExecChoice, env: NodeJS.ProcessEnv): Promise<WaitingCommand> {
  return makeNamespace(orderFor(choice), env);
}

function orderFor(choice: ExecChoice): HelperOrder {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  return {
    network: { ipv6: reachesIpv6(), wrapPorts: wrapPorts(choice), plain: choice.plain, hostLoopback: choice.hostLoopback },
    programs: { nft: needProgram('nft'), ip: needProgram('ip'), unshare: needProgram('unshare') },
    user: maySplitNetworks() ? undefined : { uid, gid },
    parent: process.pid,
    command: choice.command,
  };
}

/** A mapped port is a wrapped one, also where it is not among --ports. */
function wrapPorts({ ports, portMap }: ExecChoice): readonly PortRange[] {
  return ports.length === 0 ? [] : [...ports, ...mappedPorts(portMap)];
}

/** With these capabilities no user namespace is needed, and the command keeps all of its own. */
function maySplitNetworks(): boolean {
  return hasCapability('CAP_SYS_ADMIN', 'CAP_NET_ADMIN');
}

/** Whether this machine has an IPv6 address beyond loopback and link-local ones: the command should not try what cannot work. */
function reachesIpv6(): boolean {
  const all = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return all.some(({ family, address }) => family === 'IPv6' && address !== '::1' && !address.startsWith('fe80:'));
}
