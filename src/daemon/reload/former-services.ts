/**
 * What a reload leaves behind. Contexts, keys and trust stores of services that nobody holds any more are freed when the collector finds
 * them; their memory is C's, which the collector does not count, so by itself it may come after hundreds of reloads.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { returnFreeMemory } from '../../linux/process/free-memory.ts';

/** By then a reload is over, and the connections it ended are as well. */
const AFTER_MS = 1000;
/** It holds the process up for some 20 ms; who reloads every few seconds does not pay for it each time. */
const AT_MOST_EVERY_MS = 30_000;
/** What was found is freed in later turns. */
const FREED_AFTER_MS = 100;

let collect: (() => void) | undefined;
let pending: NodeJS.Timeout | undefined;
let dueAt = 0;
/** Services were replaced so shortly before the collection that it may come too early for them. */
let again = false;
let lastAt = Number.NEGATIVE_INFINITY;

/** Called where services were replaced; frees those that no connection runs under any more, soon and not often. Keeps nothing alive. */
export function freeFormerServices(): void {
  if (pending === undefined) collectSoon();
  else if (dueAt - performance.now() < AFTER_MS) again = true;
}

function collectSoon(): void {
  const now = performance.now();
  const waitMs = Math.max(AFTER_MS, lastAt + AT_MOST_EVERY_MS - now);
  dueAt = now + waitMs;
  pending = setTimeout(() => {
    pending = undefined;
    lastAt = performance.now();
    collectAll();
    setTimeout(returnFreeMemory, FREED_AFTER_MS).unref();
    if (!again) return;
    again = false;
    collectSoon();
  }, waitMs);
  pending.unref();
}

/** The runtime has no other function for it; with the flag on its command line, code it has kept would not be taken, at every start. One context for all of them. */
function collectAll(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
    setFlagsFromString('--no-expose-gc');
  }
  collect();
}
