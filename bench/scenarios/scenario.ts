/** A scenario measures something of one running or starting proxy; `main.ts` repeats it, interleaved over all proxies. */
import type { Material } from '../run.ts';
import type { Mode, Subject } from '../subjects/subject.ts';

export interface Row {
  /** What one measurement yields, units included: `client up, CPU s/GB`, `client up, MB/s`. A line of the table each. */
  readonly metrics: readonly string[];
  readonly mode: Mode;
  /** Most rounds of this row; fewer where the time of the scenario is over before. */
  readonly rounds: number;
  /** Before the first round, once for each proxy: what its measurements find up. It is not in the time that rounds may take. */
  prepare?(subject: Subject, material: Material): Promise<void>;
  /** One measurement of one proxy: a value for each metric. */
  measure(subject: Subject, material: Material): Promise<readonly number[]>;
  /** After the last round: takes down what `measure` has left up. */
  over?(): Promise<void>;
}

export interface Scenario {
  readonly name: string;
  /** One sentence for the report. */
  readonly title: string;
  readonly rows: readonly Row[];
  /** What takes turns, if not all proxies: the first is divided by each of the others. */
  readonly subjects?: readonly Subject[];
  /** Why it cannot run here, or false. */
  obstacle?(): string | false;
}
