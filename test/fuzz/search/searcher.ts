/**
 * The process that searches: takes the subjects in turn, changes inputs that reached new code, and keeps those that reach more. Batches
 * are run and measured together; only one that has reached something new is run again input by input. Started by main.ts, which watches
 * it: an input that throws is a finding here, one that ends or blocks the process is one there.
 */
import type { Subject } from '../../support/fuzz.ts';
import { mutate, Random } from '../../support/fuzz.ts';
import { SUBJECTS } from '../subjects/index.ts';
import { BatchFile } from './batch-file.ts';
import { Coverage } from './coverage.ts';
import { keptInputs, writeCorpus } from './kept.ts';

/** What the searcher tells its parent. */
export type Told =
  | { readonly kind: 'finding'; readonly subject: string; readonly input: string; readonly why: string }
  | { readonly kind: 'turn'; readonly subject: string; readonly inputs: number; readonly kept: number; readonly functions: number };

/** Told on the command line, as JSON. */
export interface Order {
  /** Numbers in SUBJECTS. */
  readonly subjects: readonly number[];
  readonly seed: number;
  /** Milliseconds since 1970. */
  readonly until: number;
  readonly batchFile: string;
}

const TURN_MS = 3000;
/** Long enough that reading the counters costs little beside it. */
const BATCH_MS = 60;
const MOST_BATCH = 3000;
/** Longer inputs say nothing new, and cost. */
const MOST_BYTES = 70_000;
/** Of one input, in CPU time: what a hostile peer may cost us once. */
const SLOW_MS = 250;
/** A subject that gives findings without end says nothing new by the tenth. */
const MOST_FINDINGS = 10;

class Search {
  readonly #subject: Subject;
  readonly #number: number;
  readonly #corpus: Buffer[];
  readonly #random: Random;
  readonly #coverage = new Coverage();
  #batch = 4;
  #findings = 0;
  #begun = false;

  constructor(subject: Subject, number: number, seed: number) {
    this.#subject = subject;
    this.#number = number;
    this.#random = new Random(seed + number);
    this.#corpus = [...subject.seeds(), ...keptInputs('corpus', subject.name)];
  }

  get done(): boolean {
    return this.#findings >= MOST_FINDINGS;
  }

  /** Runs for TURN_MS. @param until milliseconds since 1970 */
  async turn(file: BatchFile, until: number): Promise<void> {
    const { name, from = 0 } = this.#subject;
    let count = 0;
    this.#coverage.look(); // what others have run meanwhile
    if (!this.#begun) {
      await this.#run(file, this.#corpus);
      this.#coverage.take();
      this.#begun = true;
      count += this.#corpus.length;
    }
    for (const end = performance.now() + TURN_MS; performance.now() < end && Date.now() < until && !this.done; ) {
      const inputs = Array.from({ length: this.#batch }, () => mutate(this.#random, this.#corpus, from).subarray(0, MOST_BYTES));
      const begun = performance.now();
      await this.#run(file, inputs);
      const took = performance.now() - begun;
      this.#batch = Math.max(1, Math.min(MOST_BATCH, Math.round((this.#batch * BATCH_MS) / Math.max(took, 1))));
      count += inputs.length;
      if (this.#coverage.look()) await this.#keepWhatIsNew(file, inputs);
    }
    tell({ kind: 'turn', subject: name, inputs: count, kept: this.#corpus.length, functions: this.#coverage.functions });
  }

  async end(file: BatchFile): Promise<void> {
    writeCorpus(this.#subject.name, await this.#smallest(file));
    this.#coverage.close();
    await this.#subject.close?.();
  }

  /** The batch has reached new code: halves of it, and halves of those, show which input it was. */
  async #keepWhatIsNew(file: BatchFile, inputs: readonly Buffer[]): Promise<void> {
    const [only] = inputs;
    if (only === undefined) return;
    if (inputs.length === 1) {
      await this.#run(file, inputs);
      if (this.#coverage.take()) this.#corpus.push(Buffer.from(only));
      return;
    }
    const middle = inputs.length >> 1;
    for (const half of [inputs.slice(0, middle), inputs.slice(middle)]) {
      await this.#run(file, half);
      if (this.#coverage.look()) await this.#keepWhatIsNew(file, half);
    }
  }

  /** Of what was found, the shortest inputs that reach all of it together; seeds are there anyway. */
  async #smallest(file: BatchFile): Promise<readonly Buffer[]> {
    const measured = new Coverage();
    await this.#run(file, this.#subject.seeds());
    measured.take();
    const kept: Buffer[] = [];
    for (const input of [...this.#corpus].sort((a, b) => a.length - b.length)) {
      await this.#run(file, [input]);
      if (measured.take()) kept.push(input);
    }
    measured.close();
    return kept;
  }

  async #run(file: BatchFile, inputs: readonly Buffer[]): Promise<void> {
    file.write(this.#number, inputs);
    for (const input of inputs) {
      const before = process.cpuUsage();
      const why = await attempt(this.#subject, input);
      const { user, system } = process.cpuUsage(before);
      const ms = (user + system) / 1000;
      if (why !== undefined) this.#tellFinding(input, why);
      else if (ms > SLOW_MS && (await this.#isSlow(input))) this.#tellFinding(input, `takes ${Math.round(ms)} ms of CPU time`);
    }
  }

  /** Not a compilation or a collection, which the next run does not have. */
  async #isSlow(input: Buffer): Promise<boolean> {
    for (let again = 0; again < 3; again += 1) {
      const before = process.cpuUsage();
      await attempt(this.#subject, input);
      const { user, system } = process.cpuUsage(before);
      if ((user + system) / 1000 <= SLOW_MS) return false;
    }
    return true;
  }

  #tellFinding(input: Buffer, why: string): void {
    this.#findings += 1;
    tell({ kind: 'finding', subject: this.#subject.name, input: input.toString('base64'), why });
  }
}

/** @returns why the input is a finding, or undefined */
export async function attempt({ run }: Subject, input: Buffer): Promise<string | undefined> {
  try {
    const running = run(Buffer.from(input)); // what is asked asynchronously yields, what is not does not cost a turn
    if (running !== undefined) await running;
    return undefined;
  } catch (cause) {
    return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  }
}

function tell(told: Told): void {
  if (process.connected === true) process.send?.(told);
}

if (process.argv[2] !== undefined) {
  const order = JSON.parse(process.argv[2]) as Order;
  const file = new BatchFile(order.batchFile);
  const searches = order.subjects.flatMap((number) => {
    const subject = SUBJECTS[number];
    return subject === undefined ? [] : [new Search(subject, number, order.seed)];
  });
  while (Date.now() < order.until && searches.some(({ done }) => !done)) {
    for (const search of searches) if (!search.done && Date.now() < order.until) await search.turn(file, order.until);
  }
  for (const search of searches) await search.end(file);
  file.close();
  process.disconnect?.();
}
