/**
 * Some clients (RTMP, SOCKS 5) name their destination only after a first answer, so we give that answer before the upstream is known.
 * This file makes up for it: the upstream is sent the client's first bytes, or others in their place (`rtmpRewrite`), and its answer is
 * read and dropped, since the client has had ours. From there on client and upstream are at the same point of their protocol.
 */

import { OvercoatError } from '../../errors.ts';
import type { Exchange } from '../../names/recognition.ts';
import { rewriteConnect } from '../../names/rtmp/rewrite.ts';
import type { Sniffed } from '../../names/sniffer.ts';
import type { Conversation } from '../../protocols/conversation.ts';
import { failed, readExactly, write } from '../../protocols/conversation.ts';
import { runConversation } from '../../protocols/driver.ts';
import type { Leg } from '../../sockets/leg.ts';
import { describeSystemError } from '../../text/system-error.ts';
import type { Life } from '../life/life.ts';
import { withStepErrors } from '../life/step-errors.ts';
import type { Service } from '../record.ts';

export interface Opening {
  /** To be repeated with the upstream before `bytes`. */
  readonly exchange: Exchange | undefined;
  /** What of the client's bytes goes to the upstream as it is. */
  readonly bytes: Uint8Array;
}

const NOTHING: Opening = { exchange: undefined, bytes: new Uint8Array(0) };

/** What of the first bytes goes to the upstream, and what is said to it before. @param sniffed undefined: nothing was read */
export function rewrittenOpening(sniffed: Sniffed | undefined, { names }: Service, life: Life): Opening {
  if (sniffed === undefined) return NOTHING;
  const { exchange } = sniffed;
  const skip = exchange?.skip ?? 0;
  if (names.rtmpTarget === undefined || sniffed.protocol !== 'rtmp') return { exchange, bytes: sniffed.bytes.subarray(skip) };
  // Without an exchange nobody answered the client, so it has not sent its `connect` command, and there is nothing to rewrite.
  const rewriting =
    exchange === undefined ? ({ kind: 'unchanged', why: sniffed.why } as const) : rewriteConnect(sniffed.bytes, names.rtmpTarget);
  if (rewriting.kind === 'unchanged') {
    life.emit({ kind: 'rtmp-unchanged', why: rewriting.why });
    return { exchange, bytes: sniffed.bytes.subarray(skip) };
  }
  life.emit({ kind: 'rtmp-rewritten', tcUrl: rewriting.tcUrl });
  return { exchange, bytes: rewriting.bytes.subarray(skip) };
}

/** @throws OvercoatError `negotiation_failed`, `negotiation_timeout` */
export async function repeatOpening(upstream: Leg, exchange: Exchange, life: Life): Promise<void> {
  const { busyMs, idleMs } = life.config.limits;
  const repeated = runConversation(repeat(exchange), { client: undefined, upstream, waiter: life, busyMs, idleMs });
  await withStepErrors(repeated, life, (cause) => {
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
