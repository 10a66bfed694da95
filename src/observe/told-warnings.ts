/**
 * Warnings about a configuration are news once. A reload that reads the same mistakes again says what it changed, not what everybody
 * knows; what was mended and comes back is news again.
 */
import type { EventContext, OvercoatEvent } from './events.ts';

export class ToldWarnings {
  #told: ReadonlySet<string> = new Set();
  #reading = new Set<string>();

  /** @returns false where this was said before */
  isNews(event: OvercoatEvent, { service }: EventContext): boolean {
    switch (event.kind) {
      case 'configuration-reading':
        this.#reading = new Set();
        return true;
      case 'accepting':
        this.#told = this.#reading;
        return true;
      case 'reload-failed':
        this.#told = this.#told.union(this.#reading);
        return true;
      case 'configuration-warning':
        return this.#first(`${service?.name ?? ''}\n${event.text}`);
      case 'service-flawed':
        return this.#first(`${service?.name ?? ''}\n${event.option}\n${event.text}`);
      default:
        return true;
    }
  }

  #first(warning: string): boolean {
    const known = this.#told.has(warning) || this.#reading.has(warning);
    this.#reading.add(warning);
    return !known;
  }
}
