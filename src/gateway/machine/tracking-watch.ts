/**
 * The kernel's table of connections (conntrack), which every connection through a gateway needs a place in: when it is full the kernel drops
 * new ones, without a word to us.
 */
import type { DaemonEvent } from '../../observe/daemon-events.ts';
import { readParameter } from './kernel-parameters.ts';

/** From here on it is as good as full: the kernel drops in bursts. */
const FULL = 0.95;
/** What is below this again was full once; then it may be said anew. */
const RELIEVED = 0.8;

export interface TrackingRoom {
  readonly count: number;
  readonly max: number;
}

/** undefined where there is no tracking, or no limit. */
export function trackingRoom(): TrackingRoom | undefined {
  const count = Number(readParameter('netfilter/nf_conntrack_count') ?? Number.NaN);
  const max = Number(readParameter('netfilter/nf_conntrack_max') ?? Number.NaN);
  return count >= 0 && max > 0 ? { count, max } : undefined;
}

export class TrackingWatch {
  #said = false;

  /** @returns what is news */
  look(room: TrackingRoom | undefined = trackingRoom()): Extract<DaemonEvent, { readonly kind: 'tracking-full' }> | undefined {
    if (room === undefined) return undefined;
    const { count, max } = room;
    if (count < RELIEVED * max) this.#said = false;
    if (count < FULL * max || this.#said) return undefined;
    this.#said = true;
    return { kind: 'tracking-full', count, max };
  }
}
