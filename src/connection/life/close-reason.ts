/** Why a connection is over, of whatever its steps came to, and which of its peers ended it. */
import { OvercoatError } from '../../errors.ts';
import type { FailedSide, FailureCause } from '../../failure-cause.ts';
import { TOLD } from '../../failure-cause.ts';
import type { CloseReason } from '../../observe/events.ts';
import type { LegName } from '../../sockets/leg.ts';

/** What a step's wait fails with when the connection was ended by somebody else than that step. */
export class Ended extends Error {
  readonly reason: CloseReason;
  constructor(reason: CloseReason) {
    super('connection ended');
    this.reason = reason;
  }
}

/** @param first whose direction ended first, where one has */
export function endedBy(reason: CloseReason, first: LegName | undefined): LegName | 'overcoat' {
  if (reason.kind === 'client-reset') return 'client';
  if (reason.kind === 'upstream-reset') return 'upstream';
  if (reason.kind === 'failed') return whoRefused(reason.because);
  return reason.kind === 'finished' || reason.kind === 'close-timeout' ? (first ?? 'overcoat') : 'overcoat';
}

/** A peer that left or refused us; everything else is a limit or a refusal of ours. */
function whoRefused(because: FailureCause): FailedSide | 'overcoat' {
  if (because.kind === 'alert') return because.from;
  return because.kind === 'gone' ? because.side : 'overcoat';
}

/** What a step failed with; an error that is not ours is a defect (`internal`). */
export function reasonOf(error: Error): CloseReason {
  if (error instanceof Ended) return error.reason;
  if (error instanceof OvercoatError) {
    const { code, message, because } = error;
    return { kind: 'failed', code, message, because, stack: stackOf(error) };
  }
  return { kind: 'failed', code: 'internal', message: error.message, because: TOLD, stack: error.stack };
}

/** What we throw ourselves says where it was; only a defect needs more. */
function stackOf({ code, cause }: OvercoatError): string | undefined {
  return code === 'internal' && cause instanceof Error ? cause.stack : undefined;
}
