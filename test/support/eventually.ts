/**
 * The one way tests wait for something they are not told about. Never a fixed sleep: the condition is asked again until it holds,
 * for long enough that a slow machine passes and a broken program fails.
 */
import { setTimeout as delay } from 'node:timers/promises';

/** How long tests wait for anything that is to come: a busy machine has it, and what comes in time costs nothing. */
export const PATIENCE_MS = 90_000;

export interface Patience {
  /** Milliseconds until giving up; default `PATIENCE_MS`. */
  readonly within?: number;
  /** Milliseconds between two looks; default 20. */
  readonly every?: number;
}

/**
 * Waits until `condition` returns something truthy, and returns it. A condition that throws does not hold yet; its last error is the
 * cause of the failure in the end.
 * @param what names the condition in the failure: "the reader has seen the end"
 */
export async function eventually<T>(
  what: string,
  condition: () => T | Promise<T>,
  { within = PATIENCE_MS, every = 20 }: Patience = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + within;
  for (;;) {
    let last: unknown;
    try {
      const value = await condition();
      if (value) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) throw new Error(`not within ${within} ms: ${what}`, { cause: last });
    await delay(every);
  }
}

/** `promise`, or a failure naming what did not come. Its timer ends with the promise. */
export async function within<T>(what: string, promise: Promise<T>, ms = PATIENCE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms} ms: ${what}`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
