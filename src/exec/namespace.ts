/**
 * Starts the command in network and user namespaces of its own and collects the sockets its helper makes there. The child that is
 * spawned is first `unshare`, then the helper, then the command: one process throughout, so its end is the command's end.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { Socket as DatagramSocket } from 'node:dgram';
import type { Server } from 'node:net';
import { OvercoatError } from '../errors.ts';
import type { HelperMessage, HelperOrder, SocketPurpose } from './helper-protocol.ts';

/** How the command ended: one of the two is set. */
export interface CommandEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Sockets of the inside, held by us outside. */
export interface InsideSockets {
  readonly wrap: readonly Server[];
  readonly plain: readonly Server[];
  readonly dnsTcp: readonly Server[];
  readonly dnsUdp: readonly DatagramSocket[];
}

export interface RunningCommand {
  readonly pid: number;
  readonly sockets: InsideSockets;
  readonly ended: Promise<CommandEnd>;
  /** Does nothing once the command has ended. */
  signal(name: NodeJS.Signals): void;
}

const HELPER = new URL('./helper.ts', import.meta.url).pathname;

/**
 * Resolves when the command is about to start, with everything it will meet in place.
 * @param env what the command inherits
 * @throws OvercoatError `exec_namespace` with what failed inside
 */
export function startInNamespace(order: HelperOrder, env: NodeJS.ProcessEnv): Promise<RunningCommand> {
  const user = order.user === undefined ? [] : ['--user', '--map-root-user'];
  const node = [process.execPath, HELPER, JSON.stringify(order)];
  const child = spawn(order.programs.unshare, [...user, '--net', '--', ...node], {
    env,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  const ended = endOf(child);
  const sockets = { wrap: [] as Server[], plain: [] as Server[], dnsTcp: [] as Server[], dnsUdp: [] as DatagramSocket[] };
  return new Promise((resolve, reject) => {
    child.on('error', (cause) => reject(new OvercoatError('exec_namespace', `${order.programs.unshare}: ${cause.message}`, cause)));
    child.on('message', (message, socket) => {
      const said = message as HelperMessage;
      if (said.kind === 'socket') keep(said.purpose, socket as Server | DatagramSocket);
      else if (said.kind === 'failed') reject(new OvercoatError('exec_namespace', said.message));
      else resolve({ pid: child.pid ?? -1, sockets, ended, signal: (name) => child.kill(name) });
    });
    void ended.then(() => reject(new OvercoatError('exec_namespace', 'the namespace could not be made')));
  });

  function keep(purpose: SocketPurpose, socket: Server | DatagramSocket): void {
    if (purpose === 'dns-udp') sockets.dnsUdp.push(socket as DatagramSocket);
    else if (purpose === 'dns-tcp') sockets.dnsTcp.push(socket as Server);
    else sockets[purpose].push(socket as Server);
  }
}

function endOf(child: ChildProcess): Promise<CommandEnd> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: null, signal: null }));
  });
}
