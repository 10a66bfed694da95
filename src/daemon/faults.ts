/**
 * An exception that nothing caught is a defect of ours. It is logged and the daemon goes on: one broken connection must not end the others.
 */
import type { Observe } from '../observe/events.ts';

const MAIN = { id: 'main', service: undefined } as const;

export function reportFaults(observe: Observe): void {
  process.removeAllListeners('uncaughtException'); // until now a defect ended the start
  process.on('uncaughtException', (error: unknown) => {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    observe({ kind: 'defect', text: message, stack: error instanceof Error ? stack : undefined }, MAIN);
  });
}
