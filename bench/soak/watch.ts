/** What is looked at once a second as long as a soak runs: resident memory of every process of the product, and its descriptors at both ends. */

import type { Product, Role } from './product.ts';
import { descriptorsOf, residentKb } from './product.ts';
import type { Sample } from './slope.ts';

const EVERY_MS = 1000;

export interface Series {
  readonly product: string;
  readonly role: Role;
  readonly pid: number;
  /** Resident MB. */
  readonly samples: Sample[];
}

export class MemoryWatch {
  readonly #products: readonly Product[];
  readonly #series = new Map<number, Series>();
  readonly #sum: Sample[] = [];
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;

  constructor(products: readonly Product[]) {
    this.#products = products;
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
  }

  /** Seconds since it began. */
  get seconds(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  stop(): { readonly series: readonly Series[]; readonly sum: readonly Sample[] } {
    clearInterval(this.#timer);
    return { series: [...this.#series.values()], sum: this.#sum };
  }

  #look(): void {
    const at = this.seconds;
    let total = 0;
    for (const product of this.#products) {
      for (const { pid, role } of product.processes()) {
        const value = (residentKb(pid) ?? 0) / 1024;
        const known = this.#series.getOrInsertComputed(pid, () => ({ product: product.name, role, pid, samples: [] }));
        // A spare that takes the place of a worker is one from then on.
        if (known.role !== role) this.#series.set(pid, { ...known, role, samples: [...known.samples, { at, value }] });
        else known.samples.push({ at, value });
        total += value;
      }
    }
    this.#sum.push({ at, value: total });
  }
}

/** Descriptors by product and role: `main worker`: the most that one of them holds. */
export function descriptors(products: readonly Product[]): ReadonlyMap<string, number> {
  const counted = new Map<string, number>();
  for (const product of products) {
    for (const { pid, role } of product.processes()) {
      const key = `${product.name} ${role}`;
      counted.set(key, Math.max(counted.get(key) ?? 0, descriptorsOf(pid)));
    }
  }
  return counted;
}
