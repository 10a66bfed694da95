/**
 * Runs one command with every connection it makes wrapped: its sockets come from the namespace, its connections go through the
 * same path as a gateway's. When the command has ended, what it sent is still delivered before its exit code is passed on.
 */
import type { Prefix } from '../address/block.ts';
import type { LearningChoice, TrustChoice } from '../config/commands.ts';
import { buildTransparentService, commandConfig } from '../config/commands.ts';
import type { LogLevel, PortMapping, PortRange } from '../config/config.ts';
import type { Followers } from '../connection/accept/accepted.ts';
import { acceptedClient, beginConnection } from '../connection/accept/accepted.ts';
import { ConnectionTable } from '../connection/accept/connection-table.ts';
import { OwnPorts } from '../connection/dial/own-ports.ts';
import { handleConnection } from '../connection/handle.ts';
import type { Life } from '../connection/life/life.ts';
import type { Accepted, Service } from '../connection/record.ts';
import { prepareServices } from '../daemon/services.ts';
import { OvercoatError } from '../errors.ts';
import type { Observe } from '../observe/events.ts';
import type { Log } from '../observe/log.ts';
import { DescriptorListener } from '../sockets/listener.ts';
import { PlainLeg } from '../sockets/plain-leg.ts';
import type { Socket } from '../sockets/socket.ts';
import type { AskPassphrase } from '../tls/material/key-material.ts';
import type { CommandEnd } from './command-end.ts';
import { PLAIN_SERVICE, WRAP_SERVICE } from './explain.ts';
import { BACKLOG } from './helper-protocol.ts';
import { serveNames } from './name-service.ts';
import type { WaitingCommand } from './namespace.ts';
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
  /** --keylog FILE. */
  readonly keyLog?: string | undefined;
  /** The control socket: a path; `auto`: one of our own; undefined: none. */
  readonly control: string | undefined;
  readonly debug: LogLevel;
  readonly command: readonly string[];
}

/** What `exec` needs of the process it runs in. */
export interface ExecContext {
  readonly observe: Observe;
  /** undefined: none is written. */
  readonly log: Log | undefined;
}

/** What a wrapped command is made of; both are on their way already. */
export interface ExecParts {
  /** The command, which is started when its connections would be served. */
  readonly begun: Promise<WaitingCommand>;
  /** What serves them: `prepareService`. */
  readonly prepared: Promise<Service>;
}

/** How long connections may go on delivering after the command has ended. */
const DRAIN_MS = 30_000;
const MAIN = { id: 'main', service: undefined } as const;

/** @throws OvercoatError what the parts were rejected with, `start_bind` of its control socket; nothing of the command is left then */
export async function wrapCommand({ command, control }: ExecChoice, parts: ExecParts, context: ExecContext): Promise<CommandEnd> {
  const connections = new ConnectionTable();
  if (control === undefined) return runWrapped(parts, context, connections);
  const watched = await orAbandon(
    parts.begun,
    import('./watched.ts').then(({ watchExec }) =>
      watchExec(control, { command, connections, log: context.log, observe: context.observe }),
    ),
  );
  try {
    return await runWrapped(parts, { ...context, observe: watched.observe }, connections);
  } finally {
    watched.close();
  }
}

async function runWrapped({ begun, prepared }: ExecParts, context: ExecContext, connections: ConnectionTable): Promise<CommandEnd> {
  const command = await begun;
  const wrap = await orAbandon(begun, prepared);
  const plain = { ...wrap, config: { ...wrap.config, name: PLAIN_SERVICE } };
  const names = serveNames(command.sockets, (text) => context.observe({ kind: 'dns-trouble', text }, MAIN));
  const datagrams = new RefusedDatagrams(command.pid, () => context.observe({ kind: 'datagrams-refused' }, MAIN));
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
  command.start();
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

/** @throws what `wanted` was rejected with, when nothing of the command is left */
async function orAbandon<T>(begun: Promise<WaitingCommand>, wanted: Promise<T>): Promise<T> {
  try {
    return await wanted;
  } catch (cause) {
    await (await begun).abandon();
    throw cause;
  }
}

/** What serves the command's connections. @throws OvercoatError what is wrong with trust files and its own certificate */
export async function prepareService(choice: ExecChoice, ask: AskPassphrase, observe: Observe): Promise<Service> {
  const config = buildTransparentService({ ...choice, service: WRAP_SERVICE, accept: [] });
  const [service] = await prepareServices(commandConfig('exec', choice.debug, config), ask, observe);
  if (service === undefined) throw new OvercoatError('internal', 'exec without a service');
  return service;
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
    else void handle(acceptedClient(leg, life), life);
  };
  const failed = (): void => undefined; // out of descriptors: the next connection is tried again
  return descriptors.map((fd) => new DescriptorListener(fd, { noDelay: true, backlog: BACKLOG, accepted, failed }));
}

function timeOver(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
