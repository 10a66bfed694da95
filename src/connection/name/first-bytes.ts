/** Reads the client's first bytes until a recogniser knows them or the plan's limit is over. The caller gives them back to the leg. */
import { OvercoatError } from '../../errors.ts';
import type { SniffPlan } from '../../names/sniff-plan.ts';
import type { Sniffed } from '../../names/sniffer.ts';
import { MAX_SNIFFED_BYTES, Sniffer } from '../../names/sniffer.ts';
import type { Leg } from '../../sockets/leg.ts';
import { LegReader } from '../../sockets/leg-reader.ts';
import type { Life } from '../life/life.ts';

const SILENCE = new Error('silence');

/** @throws OvercoatError `setup_timeout` when a client that has begun does not go on */
export async function sniffClient(leg: Leg, plan: SniffPlan, life: Life): Promise<Sniffed> {
  const reader = new LegReader(leg);
  const sniffer = new Sniffer(plan.recognisers);
  let waitMs = plan.firstByteMs;
  for (;;) {
    if (reader.take(MAX_SNIFFED_BYTES)) {
      const step = sniffer.push(reader.input.take(reader.input.length));
      if (step.kind === 'decided') return step.sniffed;
      if (step.kind === 'answer') leg.write(step.bytes);
      waitMs = step.kind === 'wait' && step.short ? life.config.names.sniffMs : undefined;
    } else if (reader.ended) {
      return sniffer.stop('the client sent nothing more').sniffed;
    } else {
      try {
        await arrival(reader, waitMs, life);
      } catch (cause) {
        if (cause !== SILENCE) throw explained(cause, life);
        return sniffer.stop(sniffer.received === 0 ? 'the client does not speak first' : 'the client waits for its server').sniffed;
      }
    }
  }
}

/** A client that goes away before anything was decided is no failure of ours. */
function explained(cause: unknown, life: Life): unknown {
  if (!(cause instanceof OvercoatError) && !life.ended) life.end({ kind: 'client-reset' });
  return cause;
}

/** @param waitMs undefined: TIMEOUTsetup, or where there is none TIMEOUTbusy */
function arrival(reader: LegReader, waitMs: number | undefined, life: Life): Promise<void> {
  const { setupMs, busyMs } = life.config.limits;
  const limit =
    waitMs === undefined
      ? {
          limitMs: setupMs === undefined ? busyMs : undefined,
          expired: () => new OvercoatError('setup_timeout', 'TIMEOUTbusy exceeded while waiting for what the client says first'),
        }
      : { limitMs: waitMs, expired: () => SILENCE };
  return life.wait<void>({ on: 'client', ...limit }, (done) => reader.listen(done));
}
