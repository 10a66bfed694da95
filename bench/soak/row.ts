/** One line of what came of a soak. */
export interface Row {
  readonly what: string;
  /** undefined: a figure, of which nothing is promised. */
  readonly kept: boolean | undefined;
  readonly seen: string;
}
