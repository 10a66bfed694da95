/**
 * Relays bytes both ways until both peers have ended their direction. Each direction is the leg's own `pump`; this file starts the two, joins their
 * ends (half-close: the end of one direction is passed on, the other goes on), and watches the clock: TIMEOUTidle while both
 * directions are open, TIMEOUTclose once one has ended and everything it carried is delivered.
 */
import type { CloseReason } from '../../observe/events.ts';
import type { Flow, LegName } from '../../sockets/leg.ts';
import type { Deadline } from '../../sockets/wheel.ts';
import { wheel } from '../../sockets/wheel.ts';
import type { Life } from '../life/life.ts';
import type { Legs } from '../record.ts';

/**
 * Relays until both directions have ended or a limit is over. A leg that fails ends the connection through its life.
 */
export function relay(legs: Legs, life: Life): Promise<CloseReason> {
  return new Promise((resolve) => new Relay(life, resolve).run(legs));
}

class Relay {
  readonly life: Life;
  readonly #resolve: (reason: CloseReason) => void;
  readonly #deadline: Deadline;
  #ended = 0;

  constructor(life: Life, resolve: (reason: CloseReason) => void) {
    this.life = life;
    this.#resolve = resolve;
    this.#deadline = wheel.deadline(() => this.#expire());
  }

  run({ client, upstream }: Legs): void {
    const { life } = this;
    this.moved();
    life.enter('relay');
    life.onEnd((reason) => {
      this.#deadline.clear();
      this.#resolve(reason);
    });
    if (life.ended) return;
    if (life.config.reset) {
      client.resetByDeath();
      upstream.resetByDeath();
    }
    client.pump(upstream, new Direction(this, 'client', 'upstream'));
    upstream.pump(client, new Direction(this, 'upstream', 'client'));
  }

  moved(): void {
    const { idleMs, closeMs } = this.life.config.limits;
    this.#deadline.set(this.#ended > 0 ? closeMs : idleMs);
  }

  delivered(): void {
    this.#ended += 1;
    if (this.#ended < 2) this.moved();
    else {
      this.#deadline.clear();
      this.#resolve({ kind: 'finished' });
    }
  }

  #expire(): void {
    const closing = this.#ended > 0;
    this.life.emit(
      closing
        ? { kind: 'limit-exceeded', limit: 'TIMEOUTclose', action: 'closing' }
        : { kind: 'limit-exceeded', limit: 'TIMEOUTidle', action: 'sending reset' },
    );
    this.#resolve({ kind: closing ? 'close-timeout' : 'idle' });
  }
}

class Direction implements Flow {
  readonly #relay: Relay;
  readonly #from: LegName;
  readonly #to: LegName;

  constructor(relay: Relay, from: LegName, to: LegName) {
    this.#relay = relay;
    this.#from = from;
    this.#to = to;
  }

  moved(bytes: number): void {
    this.#relay.moved();
    this.#relay.life.moved(this.#to, bytes);
  }

  /** With strictClose a TLS stream that was cut off does not look like one that has ended. */
  ending(how: 'whole' | 'cut'): boolean {
    const { life } = this.#relay;
    const from = this.#from;
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

  delivered(): void {
    this.#relay.delivered();
  }
}
