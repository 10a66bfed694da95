/**
 * Which target each client of a server reached, by the id of its session: a client that resumes its session is sent there again. The id
 * is the one that a full handshake and its resumptions share (`TlsLeg.session`).
 */
import type { SessionConfig } from '../../config/tls-config.ts';
import type { SessionKeeper } from './server-session-cache.ts';

export interface FormerTargets {
  /** @param session `TlsLeg.session`; @param target as text */
  remember(session: string, target: string): void;
  /** undefined where none is known. */
  find(session: string): Promise<string | undefined>;
}

export function createFormerTargets({ lifetimeMs }: SessionConfig, keeper: SessionKeeper, now: () => number = Date.now): FormerTargets {
  return {
    remember: (session, target) => keeper.put(session, Buffer.from(target), now() + lifetimeMs),
    find: async (session) => (await keeper.get(session))?.toString(),
  };
}
