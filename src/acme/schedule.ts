/** When a certificate is to be renewed, and when to try again after a failure. Pure. */
import type { RenewalWindow } from './wanted.ts';

const MINUTE_MS = 60_000;
const SHORTEST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 6 * 60 * MINUTE_MS;
/** Of the lifetime: so far ahead of two thirds it may be, so that not everybody comes at once. */
const JITTER = 0.05;

export interface Lifetime {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
}

/**
 * Two thirds of the lifetime, a little earlier by chance; where the directory names a window, a moment in it by the same chance, but
 * never later than nine tenths of the lifetime: a directory that is wrong must not let it end.
 * @param chance 0 to 1, the same each time for one certificate on one host
 */
export function renewalTime({ from, to }: Lifetime, chance: number, window?: Pick<RenewalWindow, 'start' | 'end'>): number {
  const life = Math.max(0, to - from);
  if (window === undefined) return from + life * (2 / 3 - JITTER * chance);
  return Math.min(window.start + Math.max(0, window.end - window.start) * chance, from + life * 0.9);
}

/**
 * The pause after so many failures in a row: a minute, then twice as long each time, at most six hours, and at most a twentieth of what
 * is left until the certificate ends, so that one of six days is not lost to a long pause.
 * @param leftMs until the certificate ends; undefined: there is none
 */
export function pauseAfter(failures: number, chance: number, leftMs: number | undefined): number {
  const pause = Math.min(MINUTE_MS * 2 ** Math.min(failures - 1, 20), LONGEST_PAUSE_MS);
  const most = leftMs === undefined || leftMs <= 0 ? LONGEST_PAUSE_MS : Math.max(leftMs / 20, SHORTEST_PAUSE_MS);
  return Math.min(pause, most) * (0.8 + 0.4 * chance);
}

/** Near its end: less than a sixth of its life is left, and its renewal should have been done long ago. */
export function isNearEnd({ from, to }: Lifetime, now: number): boolean {
  return to - now < (to - from) / 6;
}
