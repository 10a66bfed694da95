/** The waiting of a dialogue that belongs to no connection of a service: `overcoat pin`, and tests of the driver. */
import type { Duplex } from 'node:stream';
import type { Waiter } from './driver.ts';

/** Every wait fails with the error of any of the sockets, also one that came between two waits. */
export function socketWaiter(...sockets: readonly Duplex[]): Waiter {
  let failure: Error | undefined;
  let interrupt: ((cause: Error) => void) | undefined;
  for (const socket of sockets) {
    socket.on('error', (error: Error) => {
      failure ??= error;
      interrupt?.(error);
    });
  }
  return {
    wait: ({ limitMs, expired }, start) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) {
          reject(failure);
          return;
        }
        let stop: (() => void) | undefined;
        let over = false;
        const timer = limitMs === undefined ? undefined : setTimeout(() => settle(() => reject(expired())), limitMs);
        const settle = (finish: () => void): void => {
          if (over) return;
          over = true;
          clearTimeout(timer);
          interrupt = undefined;
          stop?.();
          finish();
        };
        interrupt = (cause) => settle(() => reject(cause));
        stop = start(
          (value) => settle(() => resolve(value)),
          (cause) => settle(() => reject(cause)),
        );
        if (over) stop();
      }),
  };
}
