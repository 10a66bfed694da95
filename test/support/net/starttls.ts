/** A server that says a few lines in clear before it becomes TLS, without knowing any protocol. */
import type { TLSSocket, TlsOptions } from 'node:tls';
import { createServer } from 'node:tls';
import { certificate } from '../data/certificates.ts';
import type { Ending } from '../temp.ts';
import type { TcpServer } from './tcp.ts';
import { listen } from './tcp.ts';

/**
 * @param says the first at once, each other one as soon as something has come; after the last the next byte is TLS
 * @param handle gets the connection once its handshake has finished
 */
export function listenStartTls(
  t: Ending,
  says: readonly string[],
  handle: (socket: TLSSocket) => void,
  options: TlsOptions = {},
): Promise<TcpServer> {
  const { certificate: cert, key } = certificate('server');
  const secure = createServer({ cert, key, allowHalfOpen: true, ...options }, handle);
  secure.on('tlsClientError', (_, socket) => socket.destroy());
  return listen(t, (socket) => {
    const left = [...says];
    const answer = (): void => {
      socket.write(left.shift() ?? '');
      if (left.length > 0) return;
      socket.off('data', answer);
      socket.pause();
      secure.emit('connection', socket);
    };
    socket.write(left.shift() ?? '');
    socket.on('data', answer);
  });
}
