/**
 * One real handshake between a prepared service and a peer, and our verdict on it, without a daemon around: sockets on 127.0.0.1,
 * judged exactly as the connection path does.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { ConnectionOptions, TLSSocket, TlsOptions } from 'node:tls';
import { connect } from 'node:tls';
import { handshakeFacts } from '../../src/tls/handshake-facts.ts';
import type { HandshakeFacts } from '../../src/observe/events.ts';
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
}

/** Client mode: the service dials a TLS server with these options. @param serverName what is sent as SNI and verified */
export async function judgeServer(t: Ending, service: ServiceTls, peer: TlsOptions, serverName = 'localhost'): Promise<Judged> {
  const { port } = await listenTls(t, peer);
  return judgeServerAt(t, service, port, serverName);
}

/** Client mode against a server that is already there. */
export async function judgeServerAt(t: Ending, service: ServiceTls, port: number, serverName: string | undefined): Promise<Judged> {
  const name = serverName === undefined ? {} : { servername: serverName };
  const socket = connect({ ...service.connectOptions, host: '127.0.0.1', port, ...name });
  t.after(() => {
    socket.destroy();
  });
  await within('the handshake finishes', once(socket, 'secureConnect'));
  return judge(service, socket, 'client', serverName);
}

/** Server mode: a TLS client with these options dials the service. */
export async function judgeClient(t: Ending, service: ServiceTls, peer: ConnectionOptions): Promise<Judged> {
  const { server } = service;
  if (server === undefined) throw new Error('not a server service');
  const listener = createServer({ pauseOnConnect: true }, (raw) => {
    t.after(() => {
      raw.destroy();
    });
    server.emit('connection', raw);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  t.after(() => {
    listener.close();
  });
  const accepted = new Promise<TLSSocket>((resolve, reject) => {
    server.once('secureConnection', resolve);
    server.once('tlsClientError', reject);
  });
  const client = connect({ host: '127.0.0.1', port: (listener.address() as AddressInfo).port, rejectUnauthorized: false, ...peer });
  client.on('error', () => undefined);
  t.after(() => {
    client.destroy();
  });
  return judge(service, await within('the handshake finishes', accepted), 'server', undefined);
}

async function judge(service: ServiceTls, socket: TLSSocket, role: 'client' | 'server', serverName: string | undefined): Promise<Judged> {
  socket.on('error', () => undefined);
  const error: unknown = socket.authorizationError;
  const verdict = await service.verifier.verify({
    certificate: socket.getPeerX509Certificate(),
    chainError: typeof error === 'string' ? error : undefined,
    serverName,
    address: role === 'client' ? '127.0.0.1' : undefined,
    resumed: socket.isSessionReused(),
  });
  return { verdict, facts: handshakeFacts(socket, role), lines: certificateLines(verdict) };
}

/** The certificate lines of a verdict as stunnel writes them. */
export function certificateLines(verdict: Verdict): string[] {
  return verdict.events.map((event) => {
    switch (event.kind) {
      case 'certificate-note':
        return `${event.level} ${event.text}`;
      case 'certificate-accepted':
        return `${event.depth === 0 ? 5 : 6} Certificate accepted at depth=${event.depth}: ${event.subject}`;
      case 'certificate-rejected':
        return `4 Rejected by ${event.why} at depth=${event.depth}: ${event.subject}`;
      default:
        return event.kind;
    }
  });
}
