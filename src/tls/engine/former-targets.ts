/**
 * Where the clients of a server went, by their sessions: one that resumes is led back. A session is known again by its name, which the
 * full handshake and its resumptions share.
 */
import type { SessionConfig } from '../../config/config.ts';
import type { SessionKeeper } from './server-session-cache.ts';

export interface FormerTargets {
  /** @param session its name; @param target as text */
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
