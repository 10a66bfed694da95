/**
 * The accepted plain client as a leg of the relay. The runtime gives accepted sockets no `onread`, so the connection moves to a new
 * socket that has it; where that cannot be (the client has said its last already) the leg is read through stream events.
 */
import type net from 'node:net';
import { moveConnection } from '../linux/descriptor.ts';
import type { Life } from './life.ts';
import type { Leg } from './record.ts';
import { SlabReader } from './slab-reader.ts';
import { HIGH_WATER_MARK, tlsSlabs } from './slabs.ts';

/** @param early what a step before the relay has read of the client's bytes */
export function clientLeg(accepted: net.Socket, early: Buffer | undefined, life: Life): Leg {
  const reader = new SlabReader(tlsSlabs);
  const moved = moveConnection(accepted, { onread: reader.onread, highWaterMark: HIGH_WATER_MARK });
  if (moved === undefined) return { socket: accepted, reader: undefined, early };
  life.own('client', moved.socket);
  const unread = [early, moved.early].filter((bytes) => bytes !== undefined);
  return { socket: moved.socket, reader, early: unread.length === 0 ? undefined : Buffer.concat(unread) };
}
