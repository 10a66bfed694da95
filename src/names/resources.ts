/** What connections share about names in one process: what clients were told by DNS, and the keys seen before. */
import type { NameMemory } from './dns/memory.ts';
import type { PinChecker } from './pins/pin-store.ts';
import { PinStore } from './pins/pin-store.ts';

export interface NameResources {
  /** Undefined where no DNS passes through us. */
  readonly memory: NameMemory | undefined;
  /** The pin store of that file; always the same one for the same file. */
  pinStore(file: string): PinChecker;
}

/** Stores are opened when they are first asked. @param memory of the DNS forwarder, where there is one */
export function createNameResources(memory: NameMemory | undefined): NameResources {
  const stores = new Map<string, PinStore>();
  return {
    memory,
    pinStore: (file) => {
      const store = stores.get(file) ?? new PinStore(file);
      stores.set(file, store);
      return store;
    },
  };
}
