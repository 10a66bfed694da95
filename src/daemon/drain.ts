/** The end of a daemon: no client is accepted any more, and open connections may finish for a while. */
import type { CloseReason, Observe } from '../observe/events.ts';

const MAIN = { id: 'main', service: undefined } as const;

/** The connections that are open. */
export interface Draining {
  readonly size: number;
  empty(): Promise<void>;
  closeAll(reason: CloseReason): void | Promise<void>;
}

/**
 * Waits until no connection is open, but not longer than `limitMs` or until `hurry` aborts; what is left then is cut off.
 * @returns whether every connection finished by itself
 */
export async function drain(connections: Draining, limitMs: number, hurry: AbortSignal, observe: Observe): Promise<boolean> {
  if (connections.size > 0 && !hurry.aborted) {
    observe({ kind: 'draining', connections: connections.size, limitMs }, MAIN);
    await Promise.race([connections.empty(), over(limitMs, hurry)]);
  }
  const left = connections.size;
  if (left === 0) return true;
  observe({ kind: 'cutting-off', connections: left }, MAIN);
  await connections.closeAll({ kind: 'shutdown' });
  return false;
}

/** Resolves after `limitMs`, or when `hurry` aborts from now on. */
export function over(limitMs: number, hurry: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, limitMs).unref();
    hurry.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
