/**
 * Starts the command in network and user namespaces of its own and collects the sockets its helper makes there. The child that is
 * spawned is first `unshare`, then the helper, then the command: one process throughout, so its end is the command's end.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { Socket as DatagramSocket } from 'node:dgram';
import type { Server } from 'node:net';
import { OvercoatError } from '../errors.ts';
import { entryCommand } from '../self.ts';
import type { CommandEnd } from './command-end.ts';
import { forwardSignals } from './command-end.ts';
import type { HelperMessage, HelperOrder, SocketPurpose } from './helper-protocol.ts';

/** Sockets of the inside, held by us outside. */
export interface InsideSockets {
  readonly wrap: readonly Server[];
  readonly plain: readonly Server[];
  readonly dnsTcp: readonly Server[];
  readonly dnsUdp: readonly DatagramSocket[];
}

export interface RunningCommand {
  readonly sockets: InsideSockets;
  readonly ended: Promise<CommandEnd>;
  /** Ends the passing on. Until then a signal to us goes to the command, or is dropped once the command has ended. */
  stopForwarding(): void;
}

/**
 * Resolves when the command is about to start, with everything it will meet in place. Signals are passed on to it from here on.
 * @param env what the command inherits
 * @throws OvercoatError `exec_namespace` with what failed inside
 */
export function startInNamespace(order: HelperOrder, env: NodeJS.ProcessEnv): Promise<RunningCommand> {
  const user = order.user === undefined ? [] : asUser(order.user);
  const helper = entryCommand('exec-helper', JSON.stringify(order));
  const child = spawn(order.programs.unshare, [...user, '--net', '--', ...helper], {
    env,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  const ended = endOf(child);
  let ready = false;
  // Passed on from the child's first moment: others may see the command before we know that it runs. Only SIGUSR1 has to wait, since
  // the helper is Node as well, and there it opens the debugger.
  const stopForwarding = forwardSignals((name) => {
    if (ready || name !== 'SIGUSR1') child.kill(name);
  });
  const sockets = { wrap: [] as Server[], plain: [] as Server[], dnsTcp: [] as Server[], dnsUdp: [] as DatagramSocket[] };
  return new Promise((resolve, reject) => {
    child.on('error', (cause) => reject(new OvercoatError('exec_namespace', `${order.programs.unshare}: ${cause.message}`, cause)));
    child.on('message', (message, socket) => {
      const said = message as HelperMessage;
      if (said.kind === 'socket') keep(said.purpose, socket as Server | DatagramSocket);
      else if (said.kind === 'failed') reject(new OvercoatError('exec_namespace', said.message));
      else {
        ready = true;
        resolve({ sockets, ended, stopForwarding });
      }
    });
    void ended.then(({ signal }) => {
      if (signal !== null)
        resolve({ sockets, ended, stopForwarding }); // we passed a signal on to the helper: the same end as if the command had got it
      else reject(new OvercoatError('exec_namespace', 'the namespace could not be made'));
    });
  });

  function keep(purpose: SocketPurpose, socket: Server | DatagramSocket): void {
    if (purpose === 'dns-udp') sockets.dnsUdp.push(socket as DatagramSocket);
    else if (purpose === 'dns-tcp') sockets.dnsTcp.push(socket as Server);
    else sockets[purpose].push(socket as Server);
  }
}

/** The user's own ids, with capabilities inside that the helper needs and drops before it becomes the command. */
function asUser({ uid, gid }: { readonly uid: number; readonly gid: number }): readonly string[] {
  return ['--user', `--map-user=${uid}`, `--map-group=${gid}`, '--keep-caps'];
}

function endOf(child: ChildProcess): Promise<CommandEnd> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: null, signal: null }));
  });
}
