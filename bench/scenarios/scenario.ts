/** A scenario measures one thing of one running or starting proxy; `main.ts` repeats it, interleaved over all proxies. */
import type { Material } from '../run.ts';
import type { Mode, Subject } from '../subjects/subject.ts';

export interface Row {
  /** What is measured, unit included: `client up, CPU s/GB`. */
  readonly metric: string;
  readonly mode: Mode;
  /** Rounds of this row; more where one is short and noisy. */
  readonly rounds: number;
  /** One measurement of one proxy. */
  measure(subject: Subject, material: Material): Promise<number>;
}

export interface Scenario {
  readonly name: string;
  /** One sentence for the report. */
  readonly title: string;
  readonly rows: readonly Row[];
}
