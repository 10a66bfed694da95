/** The live stream of events (`text/event-stream`): what a reader is too slow for is left out and said, so that nobody waits for it. */
import { randomUUID } from 'node:crypto';
import type { SSEStreamingApi } from 'hono/streaming';
import type { Desk } from '../desk.ts';
import type { NextEvents } from '../event-readers.ts';

/** Resolves when the reader is gone. */
export async function streamEvents(stream: SSEStreamingApi, desk: Desk): Promise<void> {
  const reader = randomUUID();
  const leave = (): void => void desk.read({ ask: 'leave', reader });
  stream.onAbort(leave);
  try {
    await stream.write(': following\n\n');
    while (!stream.aborted && !stream.closed) {
      const answer = await desk.read({ ask: 'events', reader });
      if (answer.kind !== 'answer') return;
      const { events, lost } = answer.value as NextEvents;
      for (const event of events) await stream.writeSSE(event);
      if (lost > 0) await stream.writeSSE({ event: 'lost', data: JSON.stringify({ count: lost }) });
      if (events.length === 0) await stream.write(': alive\n\n'); // shows whether anybody still reads
    }
  } finally {
    leave();
  }
}
