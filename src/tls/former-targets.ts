/**
 * Where the clients of a server went, by their sessions: one that resumes is led back. A session is known again by its secret, which
 * the full handshake and every resumption of it share; what is kept is a hash of that. In TLS 1.3 it is the secret of the last ticket
 * sent, so a client that comes back with an earlier one is not known.
 */
import { createHash } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { SessionConfig } from '../config/config.ts';
import { DER, readConstructed } from './der-reader.ts';
import type { SessionKeeper } from './server-session-cache.ts';

export interface FormerTargets {
  /** @param target as text; call when the handshake is over for a while, since tickets follow it */
  remember(socket: TLSSocket, target: string): void;
  /** Of a resumed session, right after the handshake; undefined where none is known. */
  find(socket: TLSSocket): Promise<string | undefined>;
}

export function createFormerTargets({ lifetimeMs }: SessionConfig, keeper: SessionKeeper, now: () => number = Date.now): FormerTargets {
  return {
    remember: (socket, target) => {
      const id = nameOfSession(socket);
      if (id !== undefined) keeper.put(id, Buffer.from(target), now() + lifetimeMs);
    },
    find: async (socket) => {
      const id = nameOfSession(socket);
      const found = id === undefined ? undefined : await keeper.get(id);
      return found?.toString();
    },
  };
}

/** Position in OpenSSL's SSL_SESSION (ssl/ssl_asn1.c), after version, protocol, cipher and session id. */
const MASTER_SECRET = 4;

function nameOfSession(socket: TLSSocket): string | undefined {
  const session = socket.getSession();
  const fields = session === undefined ? undefined : readConstructed(session, DER.sequence);
  const secret = fields?.[MASTER_SECRET];
  return secret?.tag === DER.octetString ? createHash('sha256').update(secret.content).digest('base64') : undefined;
}
