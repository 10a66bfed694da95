/**
 * An inetd of the test's own: starts a program for every client, with the client's socket on its descriptors 0, 1 and 2 as inetd,
 * xinetd and systemd (Accept=yes) do, and keeps nothing of it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { Ending } from '../temp.ts';

export interface Inetd {
  readonly port: number;
  /** The exit codes of the programs that have ended, in that order. */
  readonly codes: readonly (number | null)[];
  /** Resolves with the exit code of the next program to end that has not been handed out. */
  ended(): Promise<number | null>;
}

export async function startInetd(t: Ending, argv: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Inetd> {
  const [program = '', ...args] = argv;
  const codes: (number | null)[] = [];
  const waiting: ((code: number | null) => void)[] = [];
  let handedOut = 0;
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    const child = spawn(program, args, { stdio: [socket, socket, socket], env });
    t.after(() => {
      child.kill('SIGKILL');
    });
    child.once('exit', (code) => {
      codes.push(code);
      if (waiting.length === 0) return;
      handedOut += 1;
      waiting.shift()?.(code);
    });
    socket.destroy(); // the child has its own descriptors by now
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
  });
  const ended = (): Promise<number | null> => {
    if (handedOut === codes.length) return new Promise((resolve) => waiting.push(resolve));
    handedOut += 1;
    return Promise.resolve(codes[handedOut - 1] ?? null);
  };
  return { port: (server.address() as AddressInfo).port, codes, ended };
}
