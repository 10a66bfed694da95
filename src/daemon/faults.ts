/**
 * An exception that nothing caught is a defect of ours. It is logged and the daemon goes on: one broken connection must not end the others.
 */
import type { Observe } from '../observe/events.ts';

const MAIN = { id: 'main', service: undefined } as const;

export function reportFaults(observe: Observe): void {
  process.removeAllListeners('uncaughtException'); // until now a defect ended the start
  process.on('uncaughtException', (error: unknown) => {
    const text = error instanceof Error ? error.message : String(error);
    observe({ kind: 'message', level: 2, text: `INTERNAL ERROR: ${text}` }, MAIN);
    if (error instanceof Error) observe({ kind: 'message', level: 7, text: (error.stack ?? '').split('\n').join(' | ') }, MAIN);
  });
}
