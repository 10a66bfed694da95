/** How a leg ends: by a close or a reset, of what the connection was at and why it is over. */
import type { ServiceConfig } from '../../config/config.ts';
import type { FailureCause } from '../../failure-cause.ts';
import type { CloseReason, Stage } from '../../observe/events.ts';
import type { EndHow, Leg, LegName } from '../../sockets/leg.ts';

export interface EndedLeg {
  readonly name: LegName;
  /** undefined: there is none. */
  readonly kind: Leg['kind'] | undefined;
  readonly stage: Stage;
  /** A conversation has said its last words to it. */
  readonly answered: boolean;
}

/**
 * Clean ends close cleanly. Everything else is a reset, so that a cut stream never looks like a whole one; but a TLS peer whose
 * handshake, verification or negotiation failed gets what the TLS library (its alert) or the protocol has to say instead.
 */
export function howToEnd(ended: EndedLeg, reason: CloseReason, { reset }: Pick<ServiceConfig, 'reset'>): EndHow {
  if (reason.kind === 'finished' || reason.kind === 'close-timeout' || !reset) return 'close';
  return ended.kind === 'tls' && hasItsSay(ended, reason) ? 'close' : 'reset';
}

function hasItsSay({ name, stage, answered }: EndedLeg, reason: CloseReason): boolean {
  if (reason.kind === 'failed' && isWordless(name, reason.because)) return false;
  if (stage === 'name' || stage === 'dial') return answered; // behind its handshake only a conversation says anything
  return stage !== 'relay';
}

/** Neither the TLS library nor a protocol says anything to a peer that is silent or speaks something else. */
function isWordless(name: LegName, because: FailureCause): boolean {
  if (because.kind === 'not-tls') return because.from === name;
  return because.kind === 'limit' && because.side === name;
}
