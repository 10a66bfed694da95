/**
 * Runs inside the new namespaces, once, before the command: gives the loopback device its routes, makes the sockets and hands them
 * to the parent outside (a socket stays in the namespace it was made in, whoever holds it), installs the redirect, and then becomes
 * the command by execve. Nothing of this process is left afterwards. It ends with the parent, whose standard streams it would hold
 * open; the command is asked to (SIGTERM), since it has no network any more. The traps: Node ignores two signals, which execve would
 * pass on, and stdio must not be touched, because it is the command's.
 */

import { spawnSync } from 'node:child_process';
import type { Socket as DatagramSocket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { flushCompileCache } from 'node:module';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';
import type { Endpoint } from '../address/endpoint.ts';
import { ignoreSignal, restoreDefaultSignal, unblockSignal } from '../linux/libc/process.ts';
import { dropCapabilities } from '../linux/libc/rights.ts';
import { listen } from '../linux/libc/sockets.ts';
import { endWithParent } from '../linux/process/parent-death.ts';
import { nameProcess } from '../linux/process/process-name.ts';
import { DescriptorSender } from '../linux/sockets/descriptor-passing.ts';
import { callersEnvironment } from '../programs/environment.ts';
import { ownArguments } from '../self.ts';
import { bindTcp } from '../sockets/bound-socket.ts';
import { systemError } from '../text/system-error.ts';
import type { Door, HelperMessage, HelperOrder } from './helper-protocol.ts';
import { BACKLOG, DOORS } from './helper-protocol.ts';
import { addressCommands, innerRules } from './inner-rules.ts';

const IGNORED_SIGNALS = 'OVERCOAT_IGNORED_SIGNALS';
const SIGUSR1 = 10;
const SIGPIPE = 13;
const SIGXFSZ = 25;
/** As shells say that a command exists and cannot be run. */
const CANNOT_RUN = 126;

/** Never returns: ends in the command, or with exit code 126 after a `failed` message. */
async function becomeCommand(order: HelperOrder): Promise<void> {
  const { network, programs } = order;
  run(programs.ip, ['-batch', '-'], addressCommands(network));
  const families = network.ipv6 ? [4, 6] : [4];
  const ports = { wrap: await openDoor('wrap', families), plain: await openDoor('plain', families), dns: await handOverDns(families) };
  doors.close();
  run(programs.nft, ['-f', '-'], innerRules(network, ports));
  const told = once(process, 'message');
  await tell({ kind: 'ready' });
  await told;
  if (process.execve === undefined) throw new Error('this Node.js cannot replace itself by the command (process.execve)');
  inheritSignals(process.env[IGNORED_SIGNALS]);
  if (order.user !== undefined) dropCapabilities();
  endWithParent(order.parent, 'SIGTERM');
  flushCompileCache(); // execve ends this program without what it does at its end
  process.execve(programs.unshare, ['unshare', '--', ...order.command], environment()); // unshare looks it up in PATH
}

/**
 * Signals the command finds ignored are those our caller ignored (nohup, jobs of a shell), no others: starting a child resets them
 * all, and Node ignores two of its own accord. The single executable has one blocked, which keeps Node's debugger shut.
 * @param mask SigIgn of /proc/PID/status as the launcher found it
 */
function inheritSignals(mask = '0'): void {
  restoreDefaultSignal(SIGPIPE);
  restoreDefaultSignal(SIGXFSZ);
  unblockSignal(SIGUSR1);
  const ignored = Number.parseInt(mask.slice(-8), 16); // the upper half are real-time signals
  for (let signal = 1; signal < 32; signal += 1) if (((ignored >>> (signal - 1)) & 1) === 1) ignoreSignal(signal);
}

/** The command's environment: what our caller gave us, without what the launcher added. */
function environment(): Record<string, string> {
  const all = Object.entries(callersEnvironment(process.env));
  const kept = all.filter(([name, value]) => value !== undefined && !name.startsWith('NODE_CHANNEL_'));
  return Object.fromEntries(kept) as Record<string, string>;
}

/** A listening socket for each family on the same port, for the connection path. */
async function openDoor(purpose: Door, families: readonly number[]): Promise<number> {
  let port = 0;
  for (const family of families) {
    const bound = bindTcp({ address: loopback(family), port });
    ({ port } = bound.address() as Endpoint);
    const listening = listen(bound.fd(), BACKLOG);
    if (listening < 0) throw systemError('listen', listening);
    doors.send([bound.fd()]);
    bound.close();
    await tell({ kind: 'door', purpose });
  }
  return port;
}

/** The same for the names of the command. */
async function openNameServer(families: readonly number[]): Promise<number> {
  let port = 0;
  for (const family of families) {
    const server = createServer();
    server.listen({ host: loopback(family), port, backlog: BACKLOG });
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
    await tell({ kind: 'socket', purpose: 'dns-tcp' }, server);
  }
  return port;
}

/** Bound to the loopback addresses, not to all: a reply has to come from the address the resolver's query was redirected to. */
async function handOverDns(families: readonly number[]): Promise<number> {
  const port = await openNameServer(families);
  for (const family of families) {
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
    socket.bind(port, loopback(family));
    await once(socket, 'listening');
    await tell({ kind: 'socket', purpose: 'dns-udp' }, socket);
  }
  return port;
}

function loopback(family: number): string {
  return family === 6 ? '::1' : '127.0.0.1';
}

function tell(message: HelperMessage, socket?: Server | DatagramSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = (cause: Error | null): void => (cause === null ? resolve() : reject(cause));
    // The types know net.Server only; dgram.Socket is documented as well (child_process, subprocess.send).
    process.send?.(message, socket as Server | undefined, {}, sent);
  });
}

function run(program: string, words: readonly string[], input: string): void {
  const { status, stderr, error } = spawnSync(program, words, { input, encoding: 'utf8', stdio: ['pipe', 'ignore', 'pipe'] });
  if (status !== 0) throw new Error(`${program}: ${(error?.message ?? stderr).trim().split('\n')[0]}`);
}

const doors = new DescriptorSender(DOORS);
nameProcess(['exec', '(helper)']);
const order = JSON.parse(ownArguments()[0] ?? '') as HelperOrder;
endWithParent(order.parent, 'SIGKILL');
const parentGone = (): boolean => process.kill(process.pid, 'SIGKILL');
process.once('disconnect', parentGone);
void becomeCommand(order).catch(async (cause: Error) => {
  await tell({ kind: 'failed', message: cause.message }).catch(() => undefined);
  process.exitCode = CANNOT_RUN;
  process.off('disconnect', parentGone);
  process.disconnect?.();
});
