/**
 * Brings the ledger up to date with what is open at this moment: bytes of open connections are in no event, so whoever wants them has the
 * processes asked. Readers who come at once, or soon one after the other, share one look.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Control } from './control.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { LiveConnection } from './ledger/live-connection.ts';

/** A look is used for so long: many readers cost no more than one. */
const LOOK_AGAIN_MS = 500;
/** The same where there are many: half a step of the history, and of the page's rounds then, so that those two share a look. */
const LOOK_AGAIN_AT_MANY_MS = 2500;
const MANY = 1000;
/** A worker that does not answer is found dead, or answers, long before so many looks. */
const SURE_LOOKS = 20;

export class FreshLook {
  readonly #ledger: Ledger;
  readonly #control: Control;
  /** By service. One that a reload has taken away is judged as before while it has connections. */
  #silentMs: ReadonlyMap<string, number | undefined> = new Map();
  #looking: Promise<void> | undefined;
  /** As `performance.now()` has it: the clock of the wall may be set back. */
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(ledger: Ledger, control: Control) {
    this.#ledger = ledger;
    this.#control = control;
  }

  /** Rejects where a process does not answer. @param fresh also where somebody has just looked */
  async look(fresh: boolean): Promise<void> {
    if (this.#looking !== undefined) await (fresh ? this.#looking.catch(() => undefined) : this.#looking);
    if (!fresh && performance.now() - this.#lookedAt < this.#lookAgainMs) return;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** A fresh look, again after a while where it failed: for what nobody may ask for later. Never rejects. */
  async lookSurely(): Promise<void> {
    for (let looks = 0; looks < SURE_LOOKS; looks += 1) {
      try {
        return await this.look(true);
      } catch {
        await delay(LOOK_AGAIN_MS, undefined, { ref: false });
      }
    }
  }

  get #lookAgainMs(): number {
    return this.#ledger.open.size > MANY ? LOOK_AGAIN_AT_MANY_MS : LOOK_AGAIN_MS;
  }

  async #look(): Promise<void> {
    const askedAt = Date.now();
    const live: readonly LiveConnection[] = await this.#control.connections();
    this.#lookedAt = performance.now();
    const before = [...new Set(live.map(({ service }) => service))].map((name) => [name, this.#silentMs.get(name)] as const);
    this.#silentMs = new Map([...before, ...this.#control.state().services.map(({ name, silentMs }) => [name, silentMs] as const)]);
    this.#ledger.look(live, askedAt, (service) => this.#silentMs.get(service));
  }
}
