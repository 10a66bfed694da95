/** Which fault a failed connection failed of, if any: the one that hit its way while it was open, and none that came too late. */
import type { Chain } from './faults.ts';
import type { Failure } from './load.ts';

/** A fault that was injected. */
export interface Happened {
  readonly name: string;
  readonly whom: string;
  readonly breaks: readonly Chain[];
  readonly how: 'cut' | 'outage';
  /** Milliseconds since 1970: when it happened, and when it was undone. */
  readonly at: number;
  readonly until: number;
}

/** Until the end of a connection has come to its client, also on a busy machine. */
const NOTICED_MS = 5000;
/** Clocks of two processes are read at different moments. */
const SLACK_MS = 50;

/** @returns undefined: unexplained. What is corrupt, and what was silent for too long, no fault explains. */
export function explain(failure: Failure, faults: readonly Happened[]): Happened | undefined {
  if (!ENDED.test(failure.why)) return undefined;
  return faults.find(({ breaks, how, at, until }) => {
    if (!breaks.includes(failure.chain)) return false;
    const over = how === 'cut' ? at : until;
    return failure.since <= over + SLACK_MS && failure.at >= at - SLACK_MS && failure.at <= over + NOTICED_MS;
  });
}

/** How a client sees that the other side has ended. */
const ENDED = /^(?:ECONNRESET|EPIPE|ECONNREFUSED|ERR_STREAM_PREMATURE_CLOSE|aborted|ended after|closed )/;
