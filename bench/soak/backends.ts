/** A backend of the soak that can die and come back on the same port. */
import { join } from 'node:path';
import type { Place } from '../../test/support/program.ts';
import { Program } from '../../test/support/program.ts';
import type { Dialogue } from './wire.ts';

const PROGRAM = join(import.meta.dirname, 'backend.ts');

export class BackendProcess {
  readonly host: string;
  readonly port: number;
  readonly #dialogue: Dialogue;
  readonly #place: Place;
  #program: Program | undefined;

  constructor(place: Place, host: string, port: number, dialogue: Dialogue) {
    this.#place = place;
    this.host = host;
    this.port = port;
    this.#dialogue = dialogue;
  }

  /** Resolves when it listens. */
  async start(): Promise<void> {
    this.#program = new Program([process.execPath, PROGRAM, this.host, String(this.port), this.#dialogue], { place: this.#place });
    await this.#program.saw(/^listening/);
  }

  /** Ends it at once, and its connections with it. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#program?.finished;
  }

  signal(signal: NodeJS.Signals): void {
    this.#program?.kill(signal);
  }
}
