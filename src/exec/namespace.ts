/**
 * Makes the command's network and user namespaces and collects the sockets its helper makes there. The child that is spawned is first
 * `unshare`, then the helper, then, when it is told so, the command: one process throughout, so its end is the command's end.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { Socket as DatagramSocket } from 'node:dgram';
import type { Server } from 'node:net';
import { OvercoatError } from '../errors.ts';
import { close } from '../linux/libc/descriptors.ts';
import { socketPair } from '../linux/libc/sockets.ts';
import { receiveDescriptors } from '../linux/sockets/descriptor-passing.ts';
import { compileCache, entryCommand } from '../self.ts';
import { systemError } from '../text/system-error.ts';
import type { CommandEnd } from './command-end.ts';
import { forwardSignals } from './command-end.ts';
import type { HelperGo, HelperMessage, HelperOrder, NameServer } from './helper-protocol.ts';

/** Sockets of the inside, held by us outside. */
export interface InsideSockets {
  /** Listening descriptors. */
  readonly wrap: readonly number[];
  readonly plain: readonly number[];
  readonly dnsTcp: readonly Server[];
  readonly dnsUdp: readonly DatagramSocket[];
}

/** A command that is about to start, with everything it will meet in place. */
export interface WaitingCommand {
  /** Of the command, from its first moment. */
  readonly pid: number;
  readonly sockets: InsideSockets;
  /** Also where a signal ended it before it was started. */
  readonly ended: Promise<CommandEnd>;
  start(): void;
  /** It is not to be started after all. Resolves when nothing of it is left. */
  abandon(): Promise<void>;
  /** Ends the passing on. Until then a signal to us goes to the command, or is dropped once the command has ended. */
  stopForwarding(): void;
}

/**
 * Signals are passed on to the command from here on, and end its helper where they come before it is started.
 * @param env what the command inherits
 * @throws OvercoatError `exec_namespace` with what failed inside
 */
export function makeNamespace(order: HelperOrder, env: NodeJS.ProcessEnv): Promise<WaitingCommand> {
  const user = order.user === undefined ? [] : asUser(order.user);
  const helper = entryCommand('exec-helper', JSON.stringify(order));
  const pair = socketPair();
  if (typeof pair === 'number') throw systemError('socketpair', pair);
  const [doors, theirs] = pair;
  const child = spawn(order.programs.unshare, [...user, '--net', '--', ...helper], {
    env: { ...env, ...compileCache() },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc', theirs],
  });
  close(theirs);
  const ended = endOf(child);
  let ready = false;
  // Passed on from the child's first moment: others may see the command before we know that it runs. Only SIGUSR1 has to wait, since
  // the helper is Node as well, and there it opens the debugger.
  const stopForwarding = forwardSignals((name) => {
    if (ready || name !== 'SIGUSR1') child.kill(name);
  });
  const sockets = { wrap: [] as number[], plain: [] as number[], dnsTcp: [] as Server[], dnsUdp: [] as DatagramSocket[] };
  const start = (): void => {
    const go: HelperGo = 'start';
    child.send(go, () => undefined); // it has ended by a signal meanwhile: `ended` says so
  };
  const abandon = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    stopForwarding();
  };
  const command = { pid: child.pid ?? -1, sockets, ended, start, abandon, stopForwarding };
  return new Promise((resolve, reject) => {
    child.on('error', (cause) => reject(new OvercoatError('exec_namespace', `${order.programs.unshare}: ${cause.message}`, cause)));
    child.on('message', (message, socket) => {
      const said = message as HelperMessage;
      if (said.kind === 'door') sockets[said.purpose].push(...receiveDescriptors(doors, 1));
      else if (said.kind === 'socket') keep(said.purpose, socket as Server | DatagramSocket);
      else if (said.kind === 'failed') reject(new OvercoatError('exec_namespace', said.message));
      else {
        ready = true;
        resolve(command);
      }
    });
    void ended.then(({ signal }) => {
      close(doors);
      if (signal !== null)
        resolve(command); // we passed a signal on to the helper: the same end as if the command had got it
      else reject(new OvercoatError('exec_namespace', 'the namespace could not be made'));
    });
  });

  function keep(purpose: NameServer, socket: Server | DatagramSocket): void {
    if (purpose === 'dns-udp') sockets.dnsUdp.push(socket as DatagramSocket);
    else sockets.dnsTcp.push(socket as Server);
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
