/** What every kind of failure is explained as. */
import type { FailureCause } from '../../failure-cause.ts';

/** Why, and what to do about it; texts of peers are escaped and bounded. */
export interface Explanation {
  readonly why: string;
  readonly remedy: string;
}

/** The facts of one kind of failure. */
export type CauseOf<Kind extends FailureCause['kind']> = Extract<FailureCause, { readonly kind: Kind }>;
