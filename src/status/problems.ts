/** The last failures, each with who, where and what to do about it. Bounded in number, in length, and in how long it shows a client. */
import type { ErrorCode } from '../errors.ts';
import { ERROR_CATALOGUE } from '../errors.ts';
import type { Stage } from '../observe/events.ts';
import { MAX_LINE_BYTES, printable } from '../text/printable.ts';
import { withoutPaths } from './redact.ts';

const MAX_PROBLEMS = 200;

export interface Problem {
  /** In milliseconds since 1970. */
  readonly at: number;
  readonly code: ErrorCode;
  readonly service: string;
  /** undefined: it is about no connection. */
  readonly connection: number | undefined;
  readonly client: string;
  /** Where it was going: the name or the address, as far as that was known. */
  readonly destination: string;
  readonly stage: Stage | undefined;
  readonly text: string;
  readonly remedy: string;
}

export class Problems {
  readonly #all: Problem[] = [];
  readonly #keepClientsMs: number;

  /** @param keepClientsMs how long the address of a client is shown */
  constructor(keepClientsMs: number) {
    this.#keepClientsMs = keepClientsMs;
  }

  /** Whatever its texts are made of, peers and configurations too, each is one bounded line that shows no secret. */
  add(problem: Pick<Problem, 'at' | 'code' | 'service' | 'text'> & Partial<Problem>): void {
    const { remedy = ERROR_CATALOGUE[problem.code].hint, destination = '' } = problem;
    this.#all.push({
      connection: undefined,
      client: '',
      stage: undefined,
      ...problem,
      destination: shown(destination),
      text: shown(problem.text),
      remedy: shown(remedy),
    });
    if (this.#all.length > MAX_PROBLEMS) this.#all.shift();
  }

  /** Newest first. */
  at(now: number): readonly Problem[] {
    const since = now - this.#keepClientsMs;
    return this.#all.toReversed().map((problem) => (problem.at < since ? { ...problem, client: '' } : problem));
  }
}

function shown(text: string): string {
  return printable(withoutPaths(text), MAX_LINE_BYTES);
}
