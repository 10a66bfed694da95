/**
 * The TLS handshake and its verdict. Both functions end in one of two ways: a TLS socket whose peer was accepted, or an error; not a
 * byte of the application crosses in either direction before that.
 */
import type net from 'node:net';
import { isIP } from 'node:net';
import tls from 'node:tls';
import { OvercoatError } from '../errors.ts';
import { sessionUseOf } from '../tls/client-sessions.ts';
import { describeTlsFailure } from '../tls/failure.ts';
import { handshakeFacts } from '../tls/handshake-facts.ts';
import type { Verdict } from '../tls/verify.ts';
import type { Life, Wait } from './life.ts';
import type { Accepted, Dialled, Named, SecuredClient, Service } from './record.ts';
import { acceptTls } from './tls-accept.ts';
import { startTls } from './tls-start.ts';

/**
 * Client mode: we are the TLS client of the dialled upstream.
 * @throws OvercoatError `handshake_failed`, `handshake_timeout`, `handshake_verification`
 */
export async function secureUpstream(dialled: Dialled, named: Named, service: Service, life: Life): Promise<tls.TLSSocket> {
  announce(named.serverName, service, life);
  const socket = dialled.socket instanceof tls.TLSSocket ? dialled.socket : overPlain(dialled.socket, named, service, life);
  await finished(socket, { on: 'upstream', limitMs: service.config.limits.busyMs, expired: expired('SSL_connect') }, life);
  await judge(socket, 'client', named.serverName, dialled.address.kind === 'tcp' ? dialled.address.host : undefined, service, life);
  return socket;
}

/**
 * Server mode: the accepted client is a TLS client. One that fails certificate authentication is not admitted, which is an error
 * unless the service has a place for it (`redirect`).
 * @throws OvercoatError `handshake_failed`, `handshake_timeout`, `setup_timeout`, `handshake_verification`
 */
export async function secureClient(accepted: Accepted, service: Service, life: Life): Promise<SecuredClient> {
  const { server } = service.tls;
  if (server === undefined) throw new OvercoatError('internal', 'the service has no TLS server');
  const wait: Wait = { on: 'client', limitMs: service.config.limits.busyMs, expired: expired('SSL_accept') };
  life.emit({ kind: 'peer-certificate', required: service.config.verify.require });
  let socket: tls.TLSSocket;
  try {
    socket = await life.wait<tls.TLSSocket>(wait, (done, fail) =>
      acceptTls(server, accepted.socket, service.config.strictClose, { done, fail }),
    );
  } catch (cause) {
    throw explain('SSL_accept', cause, life);
  }
  life.own('client', socket, 'tls');
  const admitted = await judge(socket, 'server', undefined, undefined, service, life);
  // A client that offers other protocols got an alert; one that offers none must not be taken for one of ours (ALPACA).
  if (service.config.tls.alpn.length > 0 && typeof socket.alpnProtocol !== 'string') {
    throw new OvercoatError('handshake_failed', 'SSL_accept: no application protocol');
  }
  if (!admitted) life.emit({ kind: 'note', level: 6, text: 'Redirecting connection' });
  return { socket, admitted };
}

function announce(name: string | undefined, { config }: Service, life: Life): void {
  life.emit(name !== undefined && isIP(name) === 0 ? { kind: 'sni-sent', name } : { kind: 'sni-disabled' });
  life.emit({ kind: 'peer-certificate', required: config.verify.require });
}

/** TLS on a socket that has been talked over in clear: whoever did so has made sure that nothing it sent is left unread. */
function overPlain(raw: net.Socket, named: Named, service: Service, life: Life): tls.TLSSocket {
  const socket = startTls({ socket: raw }, named.serverName, service);
  life.own('upstream', socket, 'tls');
  return socket;
}

async function finished(socket: tls.TLSSocket, wait: Wait, life: Life): Promise<void> {
  try {
    await life.wait<void>(wait, (done) => {
      const onSecure = (): void => done();
      socket.once('secureConnect', onSecure);
      return () => socket.off('secureConnect', onSecure);
    });
  } catch (cause) {
    throw explain('SSL_connect', cause, life);
  }
}

/** @returns false only where the service has a place for peers it refuses */
async function judge(
  socket: tls.TLSSocket,
  role: 'client' | 'server',
  serverName: string | undefined,
  address: string | undefined,
  service: Service,
  life: Life,
): Promise<boolean> {
  const sessions = sessionUseOf(socket);
  const peer = sessions.peerOf(socket);
  const answer = service.tls.verifier.verify({ ...peer, serverName, address, resumed: socket.isSessionReused() });
  const verdict: Verdict = answer instanceof Promise ? await answer : answer;
  sessions.judged(verdict.accepted);
  for (const event of verdict.events) life.emit(event);
  const admitted = verdict.accepted;
  if (!admitted && service.redirect === undefined) {
    throw new OvercoatError('handshake_verification', `${role === 'client' ? 'SSL_connect' : 'SSL_accept'}: ${verdict.message}`);
  }
  if (life.ended) throw new OvercoatError('internal', 'the connection ended while its peer was judged');
  const verified = admitted ? verdict.how : 'not admitted';
  life.emit({ kind: 'handshake-finished', facts: () => handshakeFacts(socket, role), verified });
  return admitted;
}

function expired(call: 'SSL_connect' | 'SSL_accept'): () => OvercoatError {
  return () => new OvercoatError('handshake_timeout', `${call}: TIMEOUTbusy exceeded`);
}

/** Our own errors stay; what OpenSSL or the kernel said becomes one line in stunnel's shape. */
function explain(call: 'SSL_connect' | 'SSL_accept', cause: unknown, life: Life): unknown {
  if (cause instanceof OvercoatError) {
    if (cause.code === 'handshake_timeout') life.emit({ kind: 'limit-exceeded', limit: 'TIMEOUTbusy', action: 'sending reset' });
    return cause;
  }
  if (life.ended) return cause;
  const { code, text } = describeTlsFailure(cause);
  return new OvercoatError(code, `${call}: ${text}`, cause);
}
