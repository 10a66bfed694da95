/**
 * One end of the doctor's test connection, run in a network namespace of its own that lives as long as this process. It does what
 * the doctor tells it over the IPC channel, and ends with the doctor, however that ends: so do the namespace and the cable.
 */

import { spawnSync } from 'node:child_process';
import net from 'node:net';
import { endWithParent } from '../../linux/process/parent-death.ts';
import { nameProcess } from '../../linux/process/process-name.ts';
import { ownArguments } from '../../self.ts';

export type PeerOrder =
  /** Input of `ip -batch -`; `ip` is an absolute path. */
  | { readonly kind: 'set-up'; readonly ip: string; readonly batch: string }
  /** Waits for one connection on any address and says what came first. */
  | { readonly kind: 'receive'; readonly port: number }
  | { readonly kind: 'send'; readonly host: string; readonly port: number; readonly text: string };

export type PeerReport =
  | { readonly kind: 'is-set-up'; readonly error: string | undefined }
  | { readonly kind: 'receiving' }
  /** `first`: the first bytes in hexadecimal, '' where the connection ended or stayed silent. */
  | { readonly kind: 'received'; readonly from: string; readonly first: string }
  | { readonly kind: 'sent'; readonly outcome: 'connected' | 'refused' | 'unreachable' | 'silent' }
  /** The connection that was sent has ended. */
  | { readonly kind: 'ended' };

const SILENCE_MS = 5000;
/** A reset that overtakes the news of the connection still means that somebody accepted it. */
const OUTCOMES: ReadonlyMap<string, 'refused' | 'connected'> = new Map([
  ['ECONNREFUSED', 'refused'],
  ['ECONNRESET', 'connected'],
] as const);

function report(message: PeerReport): void {
  process.send?.(message);
}

function setUp(ip: string, batch: string): void {
  const { status, stderr, error } = spawnSync(ip, ['-batch', '-'], { input: batch, encoding: 'utf8' });
  report({ kind: 'is-set-up', error: status === 0 ? undefined : (error?.message ?? stderr).trim() });
}

nameProcess(['gateway', 'doctor', '(test peer)']);

let listening: net.Server | undefined;

function receive(port: number): void {
  listening?.close();
  const server = net.createServer((socket) => {
    socket.unref();
    const from = socket.remoteAddress ?? '';
    const say = (first: string): void => {
      report({ kind: 'received', from, first });
      socket.destroy();
      server.close();
    };
    socket.setTimeout(SILENCE_MS, () => say(''));
    socket.once('data', (bytes: Buffer) => say(bytes.subarray(0, 16).toString('hex')));
    socket.once('end', () => say(''));
    socket.on('error', () => undefined);
  });
  listening = server;
  server.unref();
  server.listen(port, '::', () => report({ kind: 'receiving' }));
}

function send(host: string, port: number, text: string): void {
  const socket = net.connect({ host, port });
  socket.unref();
  let said = false;
  const say = (outcome: 'connected' | 'refused' | 'unreachable' | 'silent'): void => {
    if (!said) report({ kind: 'sent', outcome });
    said = true;
  };
  socket.setTimeout(SILENCE_MS, () => say('silent'));
  socket.once('connect', () => {
    socket.write(text);
    say('connected');
  });
  socket.on('error', (error: NodeJS.ErrnoException) => say(OUTCOMES.get(error.code ?? '') ?? 'unreachable'));
  socket.resume();
  socket.once('close', () => report({ kind: 'ended' }));
}

endWithParent(Number(ownArguments()[0]), 'SIGKILL');
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', (order: PeerOrder) => {
  if (order.kind === 'set-up') setUp(order.ip, order.batch);
  else if (order.kind === 'receive') receive(order.port);
  else send(order.host, order.port, order.text);
});
