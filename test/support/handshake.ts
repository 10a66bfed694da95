/**
 * One real handshake between a prepared service and a peer, and our verdict on it, without a daemon around: sockets on 127.0.0.1,
 * judged exactly as the connection path does, sessions included.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { ConnectionOptions, TLSSocket, TlsOptions } from 'node:tls';
import { connect } from 'node:tls';
import { FILE_SERVICE } from '../../src/config/defaults.ts';
import type { HandshakeFacts } from '../../src/observe/events.ts';
import { linesOf } from '../../src/observe/log-lines.ts';
import { sessionUseOf } from '../../src/tls/client-sessions.ts';
import { handshakeFacts } from '../../src/tls/handshake-facts.ts';
import type { ServiceTls } from '../../src/tls/service-tls.ts';
import type { Verdict } from '../../src/tls/verify.ts';
import { within } from './eventually.ts';
import type { Ending } from './temp.ts';
import { listenTls } from './tls.ts';

export interface Judged {
  readonly verdict: Verdict;
  readonly facts: HandshakeFacts;
  /** `LEVEL text` of every certificate line, as the log would show it. */
  readonly lines: readonly string[];
  /** Our socket, still open. */
  readonly socket: TLSSocket;
}

/** Client mode: the service dials a TLS server with these options. @param serverName what is sent as SNI and verified */
export async function judgeServer(t: Ending, service: ServiceTls, peer: TlsOptions, serverName = 'localhost'): Promise<Judged> {
  const { port } = await listenTls(t, peer);
  return judgeServerAt(t, service, port, serverName);
}

/** Client mode against a server that is already there. @param forced a session from elsewhere, offered behind the store's back */
export async function judgeServerAt(
  t: Ending,
  service: ServiceTls,
  port: number,
  serverName: string | undefined,
  forced?: Buffer,
): Promise<Judged> {
  const use = service.sessions.begin(`127.0.0.1 ${port}`, serverName);
  const session = forced ?? use.session;
  const socket = connect({
    ...service.connectOptions,
    host: '127.0.0.1',
    port,
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(session === undefined ? {} : { session }),
  });
  use.watch(socket);
  t.after(() => {
    socket.destroy();
  });
  await within('the handshake finishes', once(socket, 'secureConnect'));
  return judge(service, socket, 'client', serverName);
}

/** A listener whose connections go to the service's TLS server. */
export async function listenAs(t: Ending, service: ServiceTls): Promise<number> {
  const listener = createServer({ pauseOnConnect: true }, (raw) => {
    t.after(() => {
      raw.destroy();
    });
    service.server?.emit('connection', raw);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  t.after(() => {
    listener.close();
  });
  return (listener.address() as AddressInfo).port;
}

/** The next client whose handshake with the service has finished, or failed. */
export async function judgeNextClient(service: ServiceTls): Promise<Judged> {
  const { server } = service;
  if (server === undefined) throw new Error('not a server service');
  const accepted = new Promise<TLSSocket>((resolve, reject) => {
    server.once('secureConnection', resolve);
    server.once('tlsClientError', reject);
  });
  return judge(service, await within('the handshake finishes', accepted), 'server', undefined);
}

/** Server mode: a TLS client with these options dials the service. */
export async function judgeClient(t: Ending, service: ServiceTls, peer: ConnectionOptions): Promise<Judged> {
  const port = await listenAs(t, service);
  const judged = judgeNextClient(service);
  const client = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...peer });
  client.on('error', () => undefined);
  t.after(() => {
    client.destroy();
  });
  return judged;
}

async function judge(service: ServiceTls, socket: TLSSocket, role: 'client' | 'server', serverName: string | undefined): Promise<Judged> {
  socket.on('error', () => undefined);
  const sessions = sessionUseOf(socket);
  const verdict = await service.verifier.verify({
    ...sessions.peerOf(socket),
    serverName,
    address: role === 'client' ? '127.0.0.1' : undefined,
    resumed: socket.isSessionReused(),
  });
  sessions.judged(verdict.accepted);
  return { verdict, facts: handshakeFacts(socket, role), lines: certificateLines(verdict), socket };
}

/** The certificate lines of a verdict, `LEVEL text`, as a service made from a file has them. */
export function certificateLines(verdict: Verdict): string[] {
  const about = { id: '0', service: FILE_SERVICE };
  return verdict.events.flatMap((event) => linesOf(event, about)).map(({ level, text }) => `${level} ${text}`);
}
