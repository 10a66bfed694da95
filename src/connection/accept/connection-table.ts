/** The connections that are open now: what USR2 lists, what a drain waits for, what a stop ends. */

import { Crowd } from '../../crowd.ts';
import type { CloseReason, ConnectionIdentity, Stage } from '../../observe/events.ts';
import type { Life } from '../life/life.ts';
import { relayedBytes } from '../life/life.ts';
import { SharedCount } from './shared-count.ts';

/** One line of the list: application bytes written to each leg so far, milliseconds since accept. */
export interface ConnectionSummary extends ConnectionIdentity {
  readonly service: string;
  readonly toTls: number;
  readonly toPlain: number;
  readonly ms: number;
  readonly stage: Stage;
}

export class ConnectionTable {
  /** Of this thread and all others, and how many there may be. */
  readonly count: SharedCount;
  readonly #lives = new Crowd<Life>();
  #whenEmpty: (() => void)[] = [];

  constructor(count = new SharedCount()) {
    this.count = count;
  }

  get size(): number {
    return this.#lives.size;
  }

  /** Application bytes relayed so far by all connections of this process, ended ones included. */
  get moved(): number {
    return relayedBytes();
  }

  add(life: Life): void {
    const place = this.#lives.add(life);
    this.count.own = this.#lives.size;
    life.onEnd(() => {
      this.#lives.remove(place);
      this.count.own = this.#lives.size;
      life.emit({ kind: 'finished', left: this.count.total });
      if (this.#lives.size === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
    });
  }

  /** In the order in which they began. */
  list(): ConnectionSummary[] {
    const now = performance.now();
    const list: ConnectionSummary[] = [];
    for (const { identity, config, counters, startedAt, stage } of this.#lives.members()) {
      const { connection, id } = identity; // spread, it would cost as much as all the rest
      const { toTls, toPlain } = counters;
      list.push({ connection, id, service: config.name, toTls, toPlain, ms: now - startedAt, stage });
    }
    return list.sort((one, other) => one.connection - other.connection);
  }

  /** Resolves when no connection is open (at once if none is). */
  empty(): Promise<void> {
    if (this.#lives.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenEmpty.push(resolve));
  }

  /** @returns whether a connection of this number was open */
  close(connection: number, reason: CloseReason): boolean {
    for (const life of this.#lives.members()) {
      if (life.identity.connection !== connection) continue;
      life.end(reason);
      return true;
    }
    return false;
  }

  closeAll(reason: CloseReason): void {
    for (const life of this.#lives.members()) life.end(reason);
  }
}
