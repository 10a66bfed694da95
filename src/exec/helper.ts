/**
 * Runs inside the new namespaces, once, before the command: gives the loopback device its routes, makes the sockets and hands them
 * to the parent outside (a socket stays in the namespace it was made in, whoever holds it), installs the redirect, and then becomes
 * the command by execve. Nothing of this process is left afterwards. The traps: Node ignores two signals, which execve would pass
 * on, and stdio must not be touched, because it is the command's.
 */
import { spawnSync } from 'node:child_process';
import type { Socket as DatagramSocket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';
import { restoreDefaultSignal } from '../linux/libc.ts';
import type { HelperMessage, HelperOrder, SocketPurpose } from './helper-protocol.ts';
import { CALLER_NODE_OPTIONS } from './helper-protocol.ts';
import { addressCommands, innerRules } from './inner-rules.ts';

const SIGPIPE = 13;
const SIGXFSZ = 25;
/** A command line may open hundreds of connections at once; the kernel caps this at net.core.somaxconn. */
const BACKLOG = 4096;
/** As shells say that a command exists and cannot be run. */
const CANNOT_RUN = 126;

/** Never returns: ends in the command, or with exit code 126 after a `failed` message. */
async function becomeCommand(order: HelperOrder): Promise<void> {
  const { network, programs } = order;
  run(programs.ip, ['-batch', '-'], addressCommands(network));
  const families = network.ipv6 ? [4, 6] : [4];
  const ports = { wrap: await handOver('wrap', families), plain: await handOver('plain', families), dns: await handOverDns(families) };
  run(programs.nft, ['-f', '-'], innerRules(network, ports));
  await tell({ kind: 'ready' });
  restoreDefaultSignal(SIGPIPE);
  restoreDefaultSignal(SIGXFSZ);
  const [program, args] = commandLine(order);
  if (process.execve === undefined) throw new Error('this Node.js cannot replace itself by the command (process.execve)');
  process.execve(program, args, environment());
}

/** As root in its own user namespace the command would see itself as root; a second namespace gives it its own ids back. */
function commandLine({ programs, user, command }: HelperOrder): [program: string, args: string[]] {
  const [name = '', ...rest] = command;
  if (user === undefined) return [programs.unshare, ['unshare', '--', name, ...rest]];
  return [programs.unshare, ['unshare', '--user', `--map-user=${user.uid}`, `--map-group=${user.gid}`, '--', name, ...rest]];
}

/** What the command inherits: everything but the channel to the parent, and what the launcher kept from us. */
function environment(): Record<string, string> {
  const { [CALLER_NODE_OPTIONS]: nodeOptions, ...inherited } = process.env;
  const all = Object.entries(nodeOptions === undefined ? inherited : { ...inherited, NODE_OPTIONS: nodeOptions });
  const kept = all.filter(([name, value]) => value !== undefined && !name.startsWith('NODE_CHANNEL_'));
  return Object.fromEntries(kept) as Record<string, string>;
}

/** A listening socket for each family on the same port. */
async function handOver(purpose: SocketPurpose, families: readonly number[], wanted = 0): Promise<number> {
  let port = wanted;
  for (const family of families) {
    const server = createServer();
    server.listen({ host: loopback(family), port, backlog: BACKLOG });
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
    await tell({ kind: 'socket', purpose }, server);
  }
  return port;
}

/** Bound to the loopback addresses, not to all: a reply has to come from the address the resolver's query was redirected to. */
async function handOverDns(families: readonly number[]): Promise<number> {
  const port = await handOver('dns-tcp', families);
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

try {
  await becomeCommand(JSON.parse(process.argv[2] ?? '') as HelperOrder);
} catch (cause) {
  await tell({ kind: 'failed', message: (cause as Error).message }).catch(() => undefined);
  process.exitCode = CANNOT_RUN;
  process.disconnect?.();
}
