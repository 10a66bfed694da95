/**
 * Sessions kept on the server, for clients that resume by session id instead of a ticket. Node's server asks nobody unless these
 * events are heard, and being asked costs every TLS 1.3 handshake; so it is used where tickets are off or TLS ends at 1.2.
 */
import type { Server } from 'node:tls';
import type { SessionConfig, TlsConfig } from '../config/config.ts';

const NO_TICKET = 1n << 14n;
/** Where the user says "no bound". */
const MAX_SESSIONS = 100_000;

/** Do sessions have to be kept here? */
export function needsSessionCache(tls: TlsConfig, sessions: SessionConfig): boolean {
  const withoutTickets = (BigInt(tls.secureOptions) & NO_TICKET) !== 0n;
  return sessions.resume && (withoutTickets || tls.maxVersion !== 'TLSv1.3');
}

interface Kept {
  readonly session: Buffer;
  readonly expires: number;
}

/** Sessions of this server only: ids of another one are unknown here. The oldest goes when it is full. */
export function useSessionCache(server: Server, { cacheSize, lifetimeMs }: SessionConfig, now: () => number = Date.now): void {
  const limit = cacheSize === 0 ? MAX_SESSIONS : Math.min(cacheSize, MAX_SESSIONS);
  const kept = new Map<string, Kept>();
  server.on('newSession', (id: Buffer, session: Buffer, done: () => void) => {
    kept.set(id.toString('base64'), { session, expires: now() + lifetimeMs });
    for (const oldest of kept.keys()) {
      if (kept.size <= limit) break;
      kept.delete(oldest);
    }
    done();
  });
  server.on('resumeSession', (id: Buffer, done: (error: Error | null, session: Buffer | null) => void) => {
    const found = kept.get(id.toString('base64'));
    done(null, found !== undefined && found.expires > now() ? found.session : null);
  });
}
