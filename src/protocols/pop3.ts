/** POP3 (RFC 1939, capabilities RFC 2449) with STLS (RFC 2595 section 4). */
import type { Conversation } from './conversation.ts';
import { dialUpstream, failed, finish, quoted, startTls } from './conversation.ts';
import { measureUntil, readLine, startsWith, upper, verbOf, writeLine } from './lines.ts';
import type { Question } from './offers.ts';
import { hideOffers, MAX_ANSWER_BYTES } from './offers.ts';

/** The client side. The greeting goes to the client unchanged, since APOP hashes the time stamp in it. */
export function* pop3Client(): Conversation {
  const greeting = yield* readLine('upstream');
  if (!isOk(greeting)) throw failed(`The upstream greeted with ${quoted(greeting)}`);
  yield* writeLine('upstream', 'STLS');
  const answer = yield* readLine('upstream');
  if (!isOk(answer)) throw failed(`The upstream answered STLS with ${quoted(answer)}`);

  yield* startTls('upstream');
  yield* writeLine('client', greeting);
  yield* hideOffers((line) => (verbOf(line) === 'CAPA' ? CAPA_QUESTION : undefined));
}

/** The server side, in front of a plain upstream that never hears a byte of a client without TLS. */
export function* pop3Server(): Conversation {
  yield* dialUpstream();
  const greeting = yield* readLine('upstream');
  if (!isOk(greeting)) throw failed(`The upstream greeted with ${quoted(greeting)}`);
  yield* writeLine('client', greeting);
  for (;;) {
    const line = yield* readLine('client');
    switch (verbOf(line)) {
      case 'CAPA':
        yield* writeLine('client', '+OK\r\nSTLS\r\n.');
        break;
      case 'STLS':
        yield* startTls('client', '+OK Begin TLS\r\n');
        return;
      case 'QUIT':
        yield* finish('client', '+OK\r\n');
        break;
      default:
        yield* writeLine('client', '-ERR STLS first');
    }
  }
}

const CAPA_QUESTION: Question = {
  measure: measureUntil((line, index) => line === '.' || (index === 0 && !isOk(line)), MAX_ANSWER_BYTES),
  clean: (lines) => lines.filter((line) => upper(line.trim()) !== 'STLS'),
};

function isOk(line: string): boolean {
  return startsWith(line, '+OK') && (line.length === 3 || line[3] === ' ');
}
