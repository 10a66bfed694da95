/**
 * Says to the upstream what its client has already said, where the client had to be answered before the upstream was known (RTMP,
 * SOCKS 5). The upstream's answer is read and kept from the client, which had ours; then both stand at the same place.
 */

import { OvercoatError } from '../errors.ts';
import type { Exchange } from '../names/recognition.ts';
import type { Conversation } from '../protocols/conversation.ts';
import { failed, readExactly, write } from '../protocols/conversation.ts';
import { runConversation } from '../protocols/driver.ts';
import type { Leg } from '../sockets/leg.ts';
import { describeSystemError } from '../text/system-error.ts';
import type { Life } from './life.ts';
import { stage } from './stage.ts';

/** @throws OvercoatError `negotiation_failed`, `negotiation_timeout` */
export async function repeatOpening(upstream: Leg, exchange: Exchange | undefined, life: Life): Promise<void> {
  if (exchange === undefined) return;
  const { busyMs, idleMs } = life.config.limits;
  const repeated = runConversation(repeat(exchange), { client: undefined, upstream, waiter: life, busyMs, idleMs });
  await stage(repeated, life, (cause) => {
    const { text, errno } = describeSystemError(cause);
    return new OvercoatError('negotiation_failed', `The connection failed in the handshake of the protocol: ${text} (${errno})`, cause);
  });
}

function* repeat(exchange: Exchange): Conversation {
  yield* write('upstream', Buffer.from(exchange.opening));
  const next = exchange.next(yield* readExactly('upstream', exchange.replyBytes));
  if (next === undefined) throw failed('The upstream answered the handshake in a way its client was not told');
  if (next.length > 0) yield* write('upstream', Buffer.from(next));
}
