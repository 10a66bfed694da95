/** The last failures, each with who, where and what to do about it. Bounded in number, in length, and in how long it shows a client. */
import type { ErrorCode } from '../../errors.ts';
import { ERROR_CATALOGUE } from '../../errors.ts';
import type { Stage } from '../../observe/events.ts';
import { MAX_LINE_BYTES, printable } from '../../text/printable.ts';
import { withoutPaths } from './redact.ts';

const MAX_PROBLEMS = 200;
/** Silences are kept apart: an idle service has many, and they must not push the failures out. */
const MAX_SILENCES = 50;

type ProblemFacts = Pick<Problem, 'at' | 'code' | 'service' | 'text'> & Partial<Problem>;

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
  readonly #failures: Problem[] = [];
  readonly #silences: Problem[] = [];
  readonly #keepClientsMs: number;

  /** @param keepClientsMs how long the address of a client is shown */
  constructor(keepClientsMs: number) {
    this.#keepClientsMs = keepClientsMs;
  }

  add(failure: ProblemFacts): void {
    keep(this.#failures, failure, MAX_PROBLEMS);
  }

  /** In the place of the same one, if that is among the last. */
  addAgain(failure: ProblemFacts): void {
    const text = shown(failure.text);
    const before = this.#failures.findIndex((each) => each.code === failure.code && each.service === failure.service && each.text === text);
    if (before >= 0) this.#failures.splice(before, 1);
    this.add(failure);
  }

  addSilence(silence: ProblemFacts): void {
    keep(this.#silences, silence, MAX_SILENCES);
  }

  /** Newest first. */
  at(now: number): readonly Problem[] {
    const since = now - this.#keepClientsMs;
    const newest = [...this.#silences, ...this.#failures].reverse().sort((one, other) => other.at - one.at);
    return newest.map((problem) => (problem.at < since ? { ...problem, client: '' } : problem));
  }
}

/** Adds the newest, and lets the oldest go. Whatever its texts are made of, peers and configurations too, each is one bounded line that shows no secret. */
function keep(problems: Problem[], facts: ProblemFacts, most: number): void {
  const { remedy = ERROR_CATALOGUE[facts.code].hint, destination = '' } = facts;
  problems.push({
    connection: undefined,
    client: '',
    stage: undefined,
    ...facts,
    destination: shown(destination),
    text: shown(facts.text),
    remedy: shown(remedy),
  });
  if (problems.length > most) problems.shift();
}

function shown(text: string): string {
  return printable(withoutPaths(text), MAX_LINE_BYTES);
}
