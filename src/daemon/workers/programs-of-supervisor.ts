/** The programs of a worker, started by its supervisor: it asks, is given our end of one, and hears how that ends. */
import type { ProgramExit, SpawnedProgram } from '../../programs/program.ts';
import type { ProgramStarter } from '../../programs/starter.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/** What the supervisor says of a program. */
export type OfProgram = Extract<ToWorker, { readonly kind: 'program-started' | 'program-failed' | 'program-ended' }>;

interface Asked {
  readonly started: (program: SpawnedProgram) => void;
  readonly failed: (cause: Error) => void;
  readonly exited: PromiseWithResolvers<ProgramExit>;
}

export class ProgramsOfSupervisor {
  readonly #tell: (message: FromWorker) => void;
  readonly #asked = new Map<number, Asked>();
  #count = 0;

  constructor(tell: (message: FromWorker) => void) {
    this.#tell = tell;
  }

  readonly start: ProgramStarter = (exec, facts) => {
    const id = this.#count;
    this.#count += 1;
    const { promise, resolve: started, reject: failed } = Promise.withResolvers<SpawnedProgram>();
    this.#asked.set(id, { started, failed, exited: Promise.withResolvers() });
    this.#tell({ kind: 'start-program', id, exec, facts });
    return promise;
  };

  /** @param receive takes the descriptor that came beside the message */
  take(message: OfProgram, receive: () => number): void {
    const asked = this.#asked.get(message.id);
    if (message.kind === 'program-started') {
      const fd = receive();
      asked?.started({ pid: message.pid, fd, exited: asked.exited.promise });
      return;
    }
    this.#asked.delete(message.id);
    if (message.kind === 'program-ended') asked?.exited.resolve(message.exit);
    else asked?.failed(Object.assign(new Error(message.text), { code: message.code }));
  }
}
