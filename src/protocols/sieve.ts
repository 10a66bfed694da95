/**
 * ManageSieve (RFC 5804) with STARTTLS (section 2.2), client side. The server repeats its greeting once TLS is up, so the one in clear
 * is thrown away and the client gets the one that came inside TLS.
 */
import type { Conversation } from './conversation.ts';
import { failed, quoted, settled, startTls } from './conversation.ts';
import { measureUntil, readLine, startsWith, upper, verbOf, writeLine } from './lines.ts';
import type { Question } from './offers.ts';
import { hideOffers, MAX_ANSWER_BYTES, passAnswer } from './offers.ts';

/** Capability lines of one greeting. */
const MAX_CAPABILITIES = 100;

export function* sieveClient(): Conversation {
  yield* expectOk('the connection');
  yield* writeLine('upstream', 'STARTTLS');
  yield* expectOk('STARTTLS');

  yield* startTls('upstream');
  yield* settled();
  if (yield* passAnswer(CAPABILITIES)) yield* hideOffers((line) => (verbOf(line) === 'CAPABILITY' ? CAPABILITIES : undefined));
}

/** Skips the capabilities before it. NO and BYE fail. */
function* expectOk(what: string): Conversation {
  for (let count = 0; count < MAX_CAPABILITIES; count += 1) {
    const line = yield* readLine('upstream');
    if (isResponse(line, 'OK')) return;
    if (!line.startsWith('"')) throw failed(`The upstream answered ${what} with ${quoted(line)}`);
  }
  throw failed(`The upstream answered ${what} with more than ${MAX_CAPABILITIES} capabilities`);
}

const CAPABILITIES: Question = {
  measure: measureUntil((line) => ['OK', 'NO', 'BYE'].some((word) => isResponse(line, word)), MAX_ANSWER_BYTES),
  clean: (lines) => lines.filter((line) => !startsWith(line, '"STARTTLS"')),
};

function isResponse(line: string, word: string): boolean {
  return upper(line.split(' ', 1)[0] ?? '') === word;
}
