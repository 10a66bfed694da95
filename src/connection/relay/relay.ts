/**
 * Relays bytes both ways until both peers have ended their direction. Each direction is the leg's own `pump`; this file starts the two, joins their
 * ends (half-close: the end of one direction is passed on, the other goes on), and watches the clock: TIMEOUTidle while both
 * directions are open, TIMEOUTclose once one has ended and everything it carried is delivered.
 */
import type { CloseReason } from '../../observe/events.ts';
import type { LegName } from '../../sockets/leg.ts';
import { wheel } from '../../sockets/wheel.ts';
import type { Life } from '../life/life.ts';
import type { Legs } from '../record.ts';

/**
 * Relays until both directions have ended or a limit is over. A leg that fails ends the connection through its life.
 * @returns how it ended; the life's counters hold the bytes written to each leg
 */
export function relay(legs: Legs, life: Life): Promise<CloseReason> {
  return new Promise((resolve) => {
    const { limits, reset } = life.config;
    const { idleMs, closeMs } = limits;
    let ended = 0;
    const deadline = wheel.deadline(expire);
    deadline.set(idleMs);
    life.enter('relay');
    life.onEnd((reason) => {
      deadline.clear();
      resolve(reason);
    });
    if (life.ended) return;
    if (reset) for (const leg of [legs.client, legs.upstream]) leg.resetByDeath();
    direction('client', 'upstream');
    direction('upstream', 'client');

    function direction(from: LegName, to: LegName): void {
      legs[from].pump(legs[to], {
        moved: (bytes) => {
          deadline.set(ended > 0 ? closeMs : idleMs);
          life.moved(to, bytes);
        },
        ending: (how) => isEnd(from, how),
        delivered,
      });
    }

    /** With strictClose a TLS stream that was cut off does not look like one that has ended. */
    function isEnd(from: LegName, how: 'whole' | 'cut'): boolean {
      life.saidItsLast(from);
      if (how === 'whole') return true;
      if (!life.config.strictClose) {
        life.emit({ kind: 'tls-cut-off', by: from, taken: 'for its end' });
        return true;
      }
      life.emit({ kind: 'tls-cut-off', by: from, taken: 'for a failure' });
      life.end({ kind: from === 'client' ? 'client-reset' : 'upstream-reset' });
      return false;
    }

    function delivered(): void {
      ended += 1;
      if (ended < 2) deadline.set(closeMs);
      else {
        deadline.clear();
        resolve({ kind: 'finished' });
      }
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
