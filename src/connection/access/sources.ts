/**
 * How much of a service one source may have (`clientsPerAddress`, `handshakesPerSecond`). Asked before anything is spent on a client: when
 * it is accepted, or where a PROXY header says who it is, once that was read. A service counts for itself.
 */
import type { SourceKey } from '../../address/source.ts';
import { sourceKey, sourceText } from '../../address/source.ts';
import type { ServiceConfig } from '../../config/config.ts';
import type { ErrorCode } from '../../errors.ts';
import { OvercoatError } from '../../errors.ts';
import type { CountedLimit } from '../../failure-cause.ts';
import type { SourceSlot } from './source-table.ts';
import { NOWHERE, SourceTable } from './source-table.ts';

/** Why a client is not let in. */
export interface TooMany {
  readonly limit: CountedLimit;
  /** Whose they are; '': all clients together. */
  readonly source: string;
  readonly most: number;
}

const CODES: Readonly<Record<CountedLimit, ErrorCode>> = {
  clientsPerAddress: 'access_too_many_clients',
  handshakesPerSecond: 'access_too_many_handshakes',
};
/** Of everybody together: no source has a key in a network that is not routed (RFC 6666, 100::/64). */
const EVERYBODY: SourceKey = { high: 0x01000000, low: 0 };
/** Of one service and limit only so many clients are told of: a flood must not fill the log, nor push everything else out of the list of problems. */
const TELL_EVERY_MS = 1000;

interface Telling {
  lastAt: number;
  untold: number;
}

export class Sources {
  readonly #table: SourceTable;
  /** Where everybody together is counted, by service. Held as long as this process lives: a flood of sources must not take it. */
  readonly #together = new Map<string, SourceSlot>();
  readonly #tellings = new Map<string, Telling>();

  /** @param table by default of this process alone */
  constructor(table = new SourceTable()) {
    this.#table = table;
  }

  /**
   * Counts a client that has come.
   * @param address undefined: it came through a Unix socket
   * @returns what `leave` is given when it has gone; or why it is not let in, and then it is not counted
   */
  enter({ name, limits }: ServiceConfig, address: string | undefined): SourceSlot | TooMany {
    const key = address === undefined ? undefined : sourceKey(address);
    const slot = key === undefined ? NOWHERE : this.#table.find(name, key);
    const { clientsPerAddress, handshakes } = limits;
    if (slot !== NOWHERE) {
      this.#table.add(slot, 1); // before it is looked at: of two workers at the same time not both may take the last place
      const source = (): string => sourceText(address as string);
      if (clientsPerAddress !== undefined && this.#table.open(slot) > clientsPerAddress) {
        return this.#refuse(slot, { limit: 'clientsPerAddress', source: source(), most: clientsPerAddress });
      }
      if (handshakes.each !== undefined && !this.#table.take(slot, handshakes.each)) {
        return this.#refuse(slot, { limit: 'handshakesPerSecond', source: source(), most: handshakes.each });
      }
    }
    if (handshakes.all !== undefined && !this.#takeOfAll(name, handshakes.all)) {
      return this.#refuse(slot, { limit: 'handshakesPerSecond', source: '', most: handshakes.all });
    }
    return slot;
  }

  leave(slot: SourceSlot): void {
    if (slot !== NOWHERE) this.#table.add(slot, -1);
  }

  #refuse(slot: SourceSlot, why: TooMany): TooMany {
    this.leave(slot);
    return why;
  }

  #takeOfAll(service: string, perSecond: number): boolean {
    let slot = this.#together.get(service) ?? NOWHERE;
    if (slot === NOWHERE) {
      slot = this.#table.find(service, EVERYBODY);
      if (slot === NOWHERE) return true;
      this.#table.add(slot, 1);
      this.#together.set(service, slot);
    }
    return this.#table.take(slot, perSecond);
  }

  /** The failure of a client that was refused; its cause says whether people are told of it, or it is only counted. */
  failure({ limit, source, most }: TooMany, { name }: ServiceConfig): OvercoatError {
    const { told, untold } = this.#tell(`${limit} ${name}`);
    const whose = source === '' ? 'all clients together' : source;
    return new OvercoatError(CODES[limit], `${limit} = ${most} for ${whose}`, undefined, {
      kind: 'over-limit',
      limit,
      source,
      most,
      told,
      untold,
    });
  }

  #tell(what: string): { readonly told: boolean; readonly untold: number } {
    const at = performance.now();
    const telling = this.#tellings.getOrInsertComputed(what, () => ({ lastAt: Number.NEGATIVE_INFINITY, untold: 0 }));
    if (at - telling.lastAt < TELL_EVERY_MS) {
      telling.untold += 1;
      return { told: false, untold: telling.untold };
    }
    const { untold } = telling;
    telling.lastAt = at;
    telling.untold = 0;
    return { told: true, untold };
  }
}
