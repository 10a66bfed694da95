/** The live stream of events (`text/event-stream`): what a reader is too slow for is left out and said, so that nobody waits for it. */
import type { SSEStreamingApi } from 'hono/streaming';
import type { Ledger } from '../ledger.ts';
import { redacted } from '../redact.ts';
import { timeText } from '../views.ts';

/** Events that may wait for one reader. */
const MAX_WAITING = 256;
/** So that a reader that is gone is noticed, and one that waits knows that it is heard. */
const ALIVE_MS = 15_000;

/** Resolves when the reader is gone. */
export async function streamEvents(stream: SSEStreamingApi, ledger: Ledger): Promise<void> {
  const waiting: { readonly event: string; readonly data: string }[] = [];
  let lost = 0;
  let wake: () => void = () => undefined;
  const forget = ledger.onEvent((event, { connection, id, service }, at) => {
    if (waiting.length >= MAX_WAITING) lost += 1;
    else {
      const about = { at: timeText(at), connection: connection ?? null, id, service: service?.name ?? null };
      waiting.push({ event: event.kind, data: JSON.stringify({ ...about, ...redacted(event) }) });
    }
    wake();
  });
  stream.onAbort(() => wake());
  try {
    await stream.write(': following\n\n');
    while (!stream.aborted && !stream.closed) {
      const next = waiting.shift();
      if (next !== undefined) await stream.writeSSE(next);
      else if (lost > 0) {
        const count = lost;
        lost = 0;
        await stream.writeSSE({ event: 'lost', data: JSON.stringify({ count }) });
      } else if (!(await within(ALIVE_MS, (woken) => (wake = woken)))) await stream.write(': alive\n\n');
    }
  } finally {
    forget();
  }
}

/** @returns whether it was woken before the time was over */
function within(ms: number, wakeable: (woken: () => void) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms).unref();
    wakeable(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
