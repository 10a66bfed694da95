/**
 * Keeps what stalled and ended connections cost near what they use: when much was relayed and then little, the memory freed meanwhile
 * is given back to the kernel. While bulk flows it would be needed again at once, so a busy process is left alone.
 */
import type { ConnectionTable } from '../connection/accept/connection-table.ts';

const LOOK_EVERY_MS = 250;
/** Less than this between two looks is quiet. */
const QUIET_BYTES = 2 ** 20;
/** Less than this since the last time leaves nothing worth giving back. */
const BURST_BYTES = 16 * 2 ** 20;

/**
 * Looks for as long as the process lives; the timer keeps nothing alive.
 * @param giveBack called after a burst, once it is quiet
 */
export function keepHeapSmall(connections: Pick<ConnectionTable, 'moved'>, giveBack: () => void): void {
  let seen = 0;
  let trimmedAt = 0;
  setInterval(() => {
    const moved = connections.moved;
    const quiet = moved - seen < QUIET_BYTES;
    seen = moved;
    if (!quiet || moved - trimmedAt < BURST_BYTES) return;
    trimmedAt = moved;
    giveBack();
  }, LOOK_EVERY_MS).unref();
}
