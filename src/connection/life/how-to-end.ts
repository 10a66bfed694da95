/** How a leg ends: by a close or a reset, of what the connection was at and why it is over. */
import type { ServiceConfig } from '../../config/config.ts';
import type { FailureCause } from '../../failure-cause.ts';
import type { CloseReason, Stage } from '../../observe/events.ts';
import type { EndHow, Leg } from '../../sockets/leg.ts';

/** `leg`: what it is; `speaks`: what its peer does. Both undefined where there is none. */
export interface EndedLeg {
  readonly leg: Leg['kind'] | undefined;
  readonly speaks: Leg['kind'] | undefined;
  readonly stage: Stage;
  /** The connection has or had a negotiation. */
  readonly negotiated: boolean;
}

/**
 * Clean ends close cleanly. Everything else is a reset, so that a cut stream never looks like a whole one; but a TLS peer whose
 * handshake, verification or negotiation failed gets what the TLS library (its alert) or the protocol has to say instead.
 */
export function howToEnd(ended: EndedLeg, reason: CloseReason, { reset }: Pick<ServiceConfig, 'reset'>): EndHow {
  if (reason.kind === 'finished' || reason.kind === 'close-timeout' || !reset) return 'close';
  return ended.speaks === 'tls' && hasItsSay(ended, reason) ? 'close' : 'reset';
}

function hasItsSay({ leg, stage, negotiated }: EndedLeg, reason: CloseReason): boolean {
  if (reason.kind === 'failed' && isWordless(reason.because)) return false;
  if (stage === 'name' || stage === 'dial') return leg !== 'tls' || negotiated; // behind its handshake nobody has anything to say
  return stage !== 'relay';
}

/** Neither the TLS library nor a protocol says anything to a peer that is silent or speaks something else. */
function isWordless(because: FailureCause): boolean {
  return because.kind === 'not-tls' || (because.kind === 'limit' && because.limit === 'TIMEOUTbusy');
}
