/**
 * Bytes both ways until both ends have said their last. Each direction is a `Flow`; this file starts the two, joins their ends
 * (half-close: the end of one direction is passed on, the other goes on), and watches the clock: TIMEOUTidle while both directions
 * are open, TIMEOUTclose once one has ended and everything it carried is delivered.
 */
import type { CloseReason } from '../observe/events.ts';
import { wasCutOff } from '../tls/watched-leg.ts';
import { startFlow } from './flow.ts';
import type { Life } from './life.ts';
import type { Leg, Legs } from './record.ts';

/**
 * Relays until both directions have ended or a limit is over. A socket that fails ends the connection through its life.
 * @returns how it ended; the life's counters hold the bytes written to each leg
 */
export function relay(legs: Legs, life: Life): Promise<CloseReason> {
  return new Promise((resolve) => {
    const { idleMs, closeMs } = life.config.limits;
    let ended = 0;
    let timer = setTimeout(expire, idleMs);
    life.relaying = true;
    life.onEnd((reason) => {
      clearTimeout(timer);
      resolve(reason);
    });

    const moved = (to: Leg, bytes: number): void => {
      timer.refresh();
      if ((to === legs.client) === (legs.tlsSide === 'client')) life.counters.toTls += bytes;
      else life.counters.toPlain += bytes;
    };
    const direction = (from: Leg, to: Leg): void =>
      startFlow({ from, to, moved: (bytes) => moved(to, bytes), delivered, isWhole: () => isWhole(from) });
    direction(legs.client, legs.upstream);
    direction(legs.upstream, legs.client);

    /** A TLS stream that was cut off must not look like one that has ended (strictClose). */
    function isWhole(from: Leg): boolean {
      if (!wasCutOff(from.socket)) return true;
      life.emit({ kind: 'note', level: 3, text: 'TLS closed without close_notify: the stream was cut off' });
      life.end({ kind: from === legs.client ? 'client-reset' : 'upstream-reset' });
      return false;
    }

    function delivered(): void {
      ended += 1;
      clearTimeout(timer);
      if (ended === 2) resolve({ kind: 'finished' });
      else timer = setTimeout(expire, closeMs);
    }

    function expire(): void {
      const closing = ended > 0;
      life.emit(
        closing
          ? { kind: 'limit-exceeded', limit: 'TIMEOUTclose', action: 'closing' }
          : { kind: 'limit-exceeded', limit: 'TIMEOUTidle', action: 'sending reset' },
      );
      resolve({ kind: closing ? 'close-timeout' : 'idle' });
    }
  });
}
