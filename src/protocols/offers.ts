/**
 * Takes the offer of TLS out of what a server says inside our TLS, so that a client in its default settings does not ask for TLS
 * once more (client mode). A server that stands behind a TLS proxy does not know that it is inside TLS and goes on offering it.
 * Only the questions at the start of a dialogue matter: as soon as the client says anything else, or anything is unclear, everything
 * goes to the relay as it is.
 */
import type { Conversation, Measured } from './conversation.ts';
import { settled, tryRead, unread, write } from './conversation.ts';
import { linesOf, lineText, measureLine, writeLine } from './lines.ts';

/** What an answer may have; a larger one is left to the relay. */
export const MAX_ANSWER_BYTES = 16 * 1024;

/** Questions in a row that are looked at. */
const MAX_QUESTIONS = 16;

/** What is known of a client's line that asks for the server's abilities, or that may come before it. */
export interface Question {
  /** Measures the whole answer. */
  readonly measure: (bytes: Buffer) => Measured;
  /** The lines of the answer without the offer. */
  readonly clean: (lines: readonly string[]) => readonly string[];
}

/**
 * The last part of a client-mode conversation.
 * @param understand undefined for any line that is none of the questions
 */
export function* hideOffers(understand: (line: string) => Question | undefined): Conversation {
  yield* settled();
  for (let asked = 0; asked < MAX_QUESTIONS; asked += 1) {
    const line = yield* tryRead('client', measureLine);
    if (line === undefined) return;
    const question = understand(lineText(line));
    if (question === undefined) {
      yield* unread('client', line);
      return;
    }
    yield* write('upstream', line);
    if (!(yield* passAnswer(question))) return;
  }
}

/** Passes one answer on, cleaned. @returns false when it was not understood and is left to the relay */
export function* passAnswer({ measure, clean }: Question): Conversation<boolean> {
  const answer = yield* tryRead('upstream', measure);
  if (answer === undefined) return false;
  const lines = [...linesOf(answer)].map(({ text }) => text);
  for (const line of clean(lines)) yield* writeLine('client', line);
  return true;
}
