/** NNTP (RFC 3977) with STARTTLS (RFC 4642), client side; stunnel has no other. */
import type { Conversation } from './conversation.ts';
import { failed, quoted, startTls, write } from './conversation.ts';
import { measureUntil, upper, verbOf, writeLine } from './lines.ts';
import type { Question } from './offers.ts';
import { hideOffers, MAX_ANSWER_BYTES } from './offers.ts';
import { expectReply, formatReply, parseReplyLine, readReply } from './replies.ts';

export function* nntpClient(): Conversation {
  const greeting = yield* readReply('upstream');
  if (greeting.code !== 200 && greeting.code !== 201) throw failed(`The upstream greeted with ${quoted(formatReply(greeting).trim())}`);
  yield* writeLine('upstream', 'STARTTLS');
  yield* expectReply('upstream', 382, 'STARTTLS');

  yield* startTls('upstream');
  yield* write('client', formatReply(greeting));
  yield* hideOffers(question);
}

/** CAPABILITIES, and MODE READER, after which clients ask again (RFC 3977 sections 5.2 and 5.3). */
function question(line: string): Question | undefined {
  switch (verbOf(line)) {
    case 'CAPABILITIES':
      return {
        measure: measureUntil((text, index) => text === '.' || (index === 0 && parseReplyLine(text)?.code !== 101), MAX_ANSWER_BYTES),
        clean: (lines) => lines.filter((text) => upper(text.trim()) !== 'STARTTLS'),
      };
    case 'MODE':
      return { measure: measureUntil(() => true, MAX_ANSWER_BYTES), clean: (lines) => lines };
    default:
      return undefined;
  }
}
