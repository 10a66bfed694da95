/** The live stream of events (`text/event-stream`): what a reader is too slow for is left out and said, so that nobody waits for it. */
import { randomUUID } from 'node:crypto';
import type { SSEStreamingApi } from 'hono/streaming';
import type { Desk } from '../desk.ts';
import type { NextEvents, ToldEvent } from '../ledger/event-readers.ts';

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
      const told = lost === 0 ? events : [...events, { event: 'lost', data: JSON.stringify({ count: lost }) }];
      await stream.write(told.length === 0 ? ': alive\n\n' : told.map(messageOf).join('')); // also shows whether anybody still reads
    }
  } finally {
    leave();
  }
}

/** One message of https://html.spec.whatwg.org/multipage/server-sent-events.html; JSON has no line feed. */
function messageOf({ event, data }: ToldEvent): string {
  return `event: ${event}\ndata: ${data}\n\n`;
}
