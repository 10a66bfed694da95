/**
 * Says to the upstream what its client has already said, where the client had to be answered before the upstream was known (RTMP,
 * SOCKS 5). The upstream's answer is read and kept from the client, which had ours; then both stand at the same place.
 */
import type { TLSSocket } from 'node:tls';
import { OvercoatError } from '../errors.ts';
import type { Exchange } from '../names/recognition.ts';
import { LegReader } from '../protocols/leg-reader.ts';
import { describeSystemError } from '../text/system-error.ts';
import type { Life } from './life.ts';

/** @throws OvercoatError `negotiation_failed`, `negotiation_timeout` */
export async function repeatOpening(socket: TLSSocket, exchange: Exchange | undefined, life: Life): Promise<void> {
  if (exchange === undefined) return;
  socket.write(exchange.opening);
  const reply = await readReply(socket, exchange.replyBytes, life).catch((cause: unknown) => {
    throw explained(cause, life);
  });
  const next = exchange.next(reply);
  if (next === undefined)
    throw new OvercoatError('negotiation_failed', 'The upstream answered the handshake in a way its client was not told');
  if (next.length > 0) socket.write(next);
}

function explained(cause: unknown, life: Life): unknown {
  if (life.ended) return cause;
  if (!(cause instanceof OvercoatError)) {
    const { text, errno } = describeSystemError(cause);
    return new OvercoatError('negotiation_failed', `The connection failed in the handshake of the protocol: ${text} (${errno})`, cause);
  }
  if (cause.code === 'negotiation_timeout') life.emit({ kind: 'limit-exceeded', limit: 'TIMEOUTbusy', action: 'sending reset' });
  return cause;
}

/** Exactly `count` bytes; what comes behind them stays for the relay. */
async function readReply(socket: TLSSocket, count: number, life: Life): Promise<Buffer> {
  const expired = () =>
    new OvercoatError('negotiation_timeout', 'TIMEOUTbusy exceeded while waiting for the upstream to answer the handshake');
  const wait = { on: 'upstream', limitMs: life.config.limits.busyMs, expired } as const;
  const left = () => new OvercoatError('negotiation_failed', 'The upstream ended the connection in the handshake of the protocol');
  const leg = new LegReader(socket);
  while (leg.input.length < count) {
    if (leg.take(count - leg.input.length)) continue;
    if (leg.ended) throw left();
    await life.wait<void>(wait, (done) => leg.listen(done));
  }
  return leg.input.take(count);
}
