/** The sockets of the process before, while they wait to be taken by what they are for. */
import { unlinkSync } from 'node:fs';
import { close } from '../../linux/libc/descriptors.ts';
import type { PassedSocket } from '../../sockets/passed-socket.ts';

/** What sockets are for: whoever made them in the one process knows them by it in the other. */
export interface Use {
  /** `accept`, with all that is set on a socket before it listens; or what is served besides connections, and where. */
  readonly key: string;
  /** The name of a service: the first to be asked where several sockets have one key. */
  readonly owner: string | undefined;
}

export interface Passed extends Use {
  readonly sockets: readonly PassedSocket[];
}

export class PassedSockets {
  readonly #passed: Passed[];
  #shared = true;

  constructor(passed: readonly Passed[]) {
    this.#passed = [...passed];
  }

  /** They are the caller's from here on. @param strict those of another owner will not do */
  take({ key, owner }: Use, strict = false): readonly PassedSocket[] | undefined {
    const own = this.#passed.findIndex((each) => each.key === key && each.owner === owner);
    const found = own >= 0 || strict ? own : this.#passed.findIndex((each) => each.key === key);
    return found < 0 ? undefined : this.#passed.splice(found, 1)[0]?.sockets;
  }

  /** The process before has them as well: it goes on with them where this one fails. */
  get shared(): boolean {
    return this.#shared;
  }

  /** From here on they are this process's alone. What nobody wants any more is given back, as a reload does. */
  settle(): void {
    this.#shared = false;
    for (const { descriptors, path } of this.#passed.splice(0).flatMap(({ sockets }) => sockets)) {
      for (const fd of descriptors) close(fd);
      if (path !== undefined) remove(path);
    }
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Gone, or not ours to remove.
  }
}
