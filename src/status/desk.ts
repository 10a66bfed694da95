/**
 * Where the HTTP side asks, as plain questions and answers: it may stand in another process than the ledger. Only a desk beside the daemon
 * changes anything; the one that answers another process is for reading alone.
 */

import { setImmediate as turn } from 'node:timers/promises';
import type { Control } from './control.ts';
import { NoAnswer } from './control.ts';
import type { ConnectionFilter } from './ledger/connection-list.ts';
import type { NextEvents } from './ledger/event-readers.ts';
import { EventReaders } from './ledger/event-readers.ts';
import type { OnEvent } from './ledger/ledger.ts';
import { eventJson } from './ledger/redact.ts';
import type { MetricName, Sample } from './metrics/metrics.ts';
import { samplesOf } from './samples.ts';
import { timeText } from './time-text.ts';
import type { Readiness, Views } from './views.ts';

/** What is asked, by its kind, and what is answered. */
export interface ReadAnswers {
  readonly readiness: Readiness;
  readonly status: object;
  readonly services: object;
  readonly connections: object;
  /** undefined: it is not open. */
  readonly connection: object | undefined;
  readonly certificates: object;
  readonly handshakes: object;
  readonly history: object;
  readonly problems: object;
  readonly samples: ReadonlyMap<MetricName, readonly Sample[]>;
  /** What one reader has not had yet; it is waited for. */
  readonly events: NextEvents;
  /** A reader has gone. */
  readonly leave: undefined;
}

interface About {
  readonly connections: ConnectionFilter;
  readonly connection: { readonly connection: number };
  readonly history: { readonly from: number };
  /** `reader` is unique among all. */
  readonly events: { readonly reader: string };
  readonly leave: { readonly reader: string };
}

export type ReadQuestion = {
  readonly [Kind in keyof ReadAnswers]: { readonly ask: Kind } & (Kind extends keyof About ? About[Kind] : unknown);
}[keyof ReadAnswers];

export type DeskAnswer =
  | { readonly kind: 'answer'; readonly value: unknown }
  /** The start is not over. */
  | { readonly kind: 'starting' }
  /** Whoever should know did not say in time. */
  | { readonly kind: 'no-answer'; readonly text: string }
  | { readonly kind: 'defect'; readonly text: string };

export interface Desk {
  /** Never rejects. */
  read(question: ReadQuestion): Promise<DeskAnswer>;
  /** undefined: for reading alone, or the start is not over. */
  readonly control: Control | undefined;
}

/** The desk beside the daemon. */
export class LocalDesk implements Desk {
  readonly #views: () => Views | undefined;
  readonly #readers: EventReaders;
  readonly #defect: (error: Error) => void;
  /** Settles when the last list that was asked for is made and handed on. */
  #lists: Promise<unknown> = Promise.resolve();

  /** @param views undefined while the start is not over. @param defect told of an exception that nobody expected */
  constructor(views: () => Views | undefined, follow: (tell: OnEvent) => () => void, defect: (error: Error) => void) {
    this.#views = views;
    this.#defect = defect;
    this.#readers = new EventReaders((tell) =>
      follow((event, { connection, id, service }, at) => {
        const about = { at: timeText(at), connection: connection ?? null, id, service: service?.name ?? null };
        tell({ event: event.kind, data: eventJson(about, event) });
      }),
    );
  }

  get control(): Control | undefined {
    return this.#views()?.control;
  }

  async read(question: ReadQuestion): Promise<DeskAnswer> {
    const views = this.#views();
    if (views === undefined) return { kind: 'starting' };
    try {
      return { kind: 'answer', value: await this.#answer(question, views) };
    } catch (cause) {
      if (cause instanceof NoAnswer) return { kind: 'no-answer', text: cause.message };
      this.#defect(cause as Error);
      return { kind: 'defect', text: (cause as Error).message };
    }
  }

  /**
   * A list may have thousands: whoever asks for many at once has one made after the other, and traffic that is served in this process
   * comes in between.
   */
  async #list(make: () => Promise<object>, views: Views): Promise<object> {
    await views.look(); // for all who wait: where a process does not answer, none of them waits in turn
    const made = this.#lists.then(make);
    this.#lists = made.then(
      () => turn(),
      () => turn(),
    );
    return made;
  }

  #answer(question: ReadQuestion, views: Views): unknown {
    switch (question.ask) {
      case 'readiness':
        return views.readiness();
      case 'status':
        return views.status();
      case 'services':
        return views.services();
      case 'connections':
        return this.#list(() => views.connections(question), views);
      case 'connection':
        return views.connection(question.connection);
      case 'certificates':
        return views.certificates();
      case 'handshakes':
        return views.handshakes();
      case 'history':
        return views.history(question.from);
      case 'problems':
        return views.problems();
      case 'samples':
        return samplesOf(views);
      case 'events':
        return this.#readers.next(question.reader);
      case 'leave':
        return this.#readers.leave(question.reader);
    }
  }
}
