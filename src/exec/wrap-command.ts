/**
 * Runs one command with every connection it makes wrapped: its sockets come from the namespace, its connections go through the
 * same path as a gateway's. When the command has ended, what it sent is still delivered before its exit code is passed on.
 */
import { networkInterfaces } from 'node:os';
import type { Prefix } from '../address/block.ts';
import type { LearningChoice, TrustChoice } from '../config/commands.ts';
import { buildTransparentService, commandConfig } from '../config/commands.ts';
import type { LogLevel, PortMapping, PortRange } from '../config/config.ts';
import type { Followers } from '../connection/accept/accepted.ts';
import { admit, beginConnection } from '../connection/accept/accepted.ts';
import { ConnectionTable } from '../connection/accept/connection-table.ts';
import { OwnPorts } from '../connection/dial/own-ports.ts';
import { handleConnection } from '../connection/handle.ts';
import type { Life } from '../connection/life/life.ts';
import type { Accepted, Service } from '../connection/record.ts';
import { prepareServices } from '../daemon/services.ts';
import { OvercoatError } from '../errors.ts';
import { mappedPorts } from '../gateway/ports.ts';
import { CAP_NET_ADMIN, CAP_SYS_ADMIN, hasCapability } from '../linux/capabilities.ts';
import { needProgram } from '../linux/find-program.ts';
import type { Observe } from '../observe/events.ts';
import { DescriptorListener } from '../sockets/listener.ts';
import { PlainLeg } from '../sockets/plain-leg.ts';
import type { Socket } from '../sockets/socket.ts';
import type { AskPassphrase } from '../tls/material/key-material.ts';
import type { CommandEnd } from './command-end.ts';
import { PLAIN_SERVICE } from './explain.ts';
import type { HelperOrder } from './helper-protocol.ts';
import { BACKLOG } from './helper-protocol.ts';
import { serveNames } from './name-service.ts';
import { startInNamespace } from './namespace.ts';
import { needNamespaces } from './obstacles.ts';
import { handlePlain } from './plain.ts';
import { RefusedDatagrams } from './refused-datagrams.ts';

export interface ExecChoice extends TrustChoice, LearningChoice {
  /** Sent and verified for every connection; undefined: learnt for each. */
  readonly name: string | undefined;
  /** Ports to wrap beside those of `portMap`; empty: all. */
  readonly ports: readonly PortRange[];
  readonly portMap: readonly PortMapping[];
  /** Destinations that are connected as they are. */
  readonly plain: readonly Prefix[];
  /** Loopback connections go to the services of this machine. */
  readonly hostLoopback: boolean;
  readonly redialMs?: number;
  readonly debug: LogLevel;
  readonly command: readonly string[];
}

/** What `exec` needs of the process it runs in. */
export interface ExecContext {
  readonly observe: Observe;
  readonly ask: AskPassphrase;
  /** What the command inherits. */
  readonly env: NodeJS.ProcessEnv;
}

/** How long connections may go on delivering after the command has ended. */
const DRAIN_MS = 30_000;
const MAIN = { id: 'main', service: undefined } as const;

/** @throws OvercoatError before the command starts: trust files, missing programs, `exec_namespace` */
export async function wrapCommand(choice: ExecChoice, context: ExecContext): Promise<CommandEnd> {
  const config = buildTransparentService({ ...choice, service: 'exec', accept: [] });
  const [[wrap]] = await Promise.all([
    prepareServices(commandConfig('exec', choice.debug, config), context.ask, context.observe),
    needNamespaces(maySplitNetworks()),
  ]);
  if (wrap === undefined) throw new OvercoatError('internal', 'exec without a service');
  const plain = { ...wrap, config: { ...wrap.config, name: PLAIN_SERVICE } };
  const command = await startInNamespace(orderFor(choice), context.env);
  const names = serveNames(command.sockets, (text) => context.observe({ kind: 'dns-trouble', text }, MAIN));
  const datagrams = new RefusedDatagrams(command.pid, () => context.observe({ kind: 'datagrams-refused' }, MAIN));
  const connections = new ConnectionTable();
  const resources = { ownPorts: new OwnPorts(), names: names.resources }; // no port is ours: outside nobody is let in
  const listeners = [
    ...acceptFrom(command.sockets.wrap, wrap, {
      connections,
      observe: context.observe,
      handle: (accepted, life) => handleConnection(accepted, wrap, life, resources),
    }),
    ...acceptFrom(command.sockets.plain, plain, {
      connections,
      observe: context.observe,
      handle: (accepted, life) => handlePlain(accepted, plain, life, resources.ownPorts),
    }),
  ];
  const end = await command.ended;
  datagrams.close();
  for (const listener of listeners) {
    listener.acceptAll(); // what it opened last may still wait
    listener.close();
  }
  names.close();
  await Promise.race([connections.empty(), timeOver(DRAIN_MS)]);
  connections.closeAll({ kind: 'shutdown' });
  command.stopForwarding();
  return end;
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
  return hasCapability(CAP_SYS_ADMIN, CAP_NET_ADMIN);
}

/** Whether this machine has an IPv6 address beyond loopback and link-local ones: the command should not try what cannot work. */
function reachesIpv6(): boolean {
  const all = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return all.some(({ family, address }) => family === 'IPv6' && address !== '::1' && !address.startsWith('fe80:'));
}

interface AcceptContext extends Followers {
  readonly handle: (accepted: Accepted, life: Life) => Promise<unknown>;
}

function acceptFrom(descriptors: readonly number[], service: Service, { handle, ...followers }: AcceptContext): DescriptorListener[] {
  const accepted = (socket: Socket): void => {
    const leg = new PlainLeg(socket);
    const life = beginConnection(leg, service, followers);
    if (leg.remote === undefined)
      life.end({ kind: 'client-reset' }); // the command has let go of it already
    else void handle(admit(leg, life), life);
  };
  const failed = (): void => undefined; // out of descriptors: the next connection is tried again
  return descriptors.map((fd) => new DescriptorListener(fd, { noDelay: true, backlog: BACKLOG, accepted, failed }));
}

function timeOver(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
