/** TLS peers inside the test process: Node's own TLS as the far end of a program under test. Half-open connections are allowed. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { ConnectionOptions, TLSSocket, TlsOptions } from 'node:tls';
import { connect, createServer } from 'node:tls';
import { authority, certificate } from '../data/certificates.ts';
import { within } from '../eventually.ts';
import type { Ending } from '../temp.ts';

export interface TlsServer {
  readonly port: number;
  /** The next connection whose handshake has finished and that has not been handed out yet. */
  next(): Promise<TLSSocket>;
}

/** Listens on 127.0.0.1 with the `server` certificate of the cast unless the options name another. */
export async function listenTls(t: Ending, options: TlsOptions = {}, handle?: (socket: TLSSocket) => void): Promise<TlsServer> {
  const { certificate: cert, key } = certificate('server');
  const ready: TLSSocket[] = [];
  const waiting: ((socket: TLSSocket) => void)[] = [];
  const open = new Set<{ destroy(): void }>();
  const server = createServer({ cert, key, allowHalfOpen: true, ...options }, (socket) => {
    handle?.(socket);
    const taker = waiting.shift();
    if (taker === undefined) ready.push(socket);
    else taker(socket);
  });
  // Before the handshake has finished there is no TLS socket yet whose error could be watched.
  server.on('connection', (raw) => {
    open.add(raw);
    raw.on('close', () => open.delete(raw));
  });
  server.on('secureConnection', (socket) => socket.on('error', () => undefined));
  server.on('tlsClientError', (_, socket) => socket.destroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const next = (): Promise<TLSSocket> => {
    const socket = ready.shift();
    if (socket !== undefined) return Promise.resolve(socket);
    return within('a TLS connection arrives', new Promise((resolve) => waiting.push(resolve)));
  };
  return { port: (server.address() as AddressInfo).port, next };
}

/** A TLS client of `port` that trusts the test authority and has finished its handshake. */
export async function dialTls(t: Ending, port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', ca: authority().certificate, ...options, ...{ allowHalfOpen: true } });
  t.after(() => {
    socket.destroy();
  });
  await within('the TLS handshake finishes', once(socket, 'secureConnect'));
  socket.on('error', () => undefined);
  return socket;
}
