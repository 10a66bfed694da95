/** A lock between processes: a file that only one can create. Whoever died holding it is found out by its process id. */
import type { FileHandle } from 'node:fs/promises';
import { open, readFile, rm, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const WAIT_MS = 5000;
const AGAIN_MS = 20;
/** No holder needs longer; one whose id means nothing here (another container) is not waited for longer than this. */
const STALE_MS = 10_000;

/**
 * Runs `work` while `file` exists and holds our process id.
 * @throws when the lock stays taken for five seconds, or cannot be made at all
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const handle = await take(file);
  try {
    await handle.writeFile(`${process.pid}\n`);
    return await work();
  } finally {
    await handle.close();
    await rm(file, { force: true });
  }
}

async function take(file: string): Promise<FileHandle> {
  const giveUpAt = performance.now() + WAIT_MS;
  for (;;) {
    try {
      return await open(file, 'wx', 0o600);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST' || performance.now() > giveUpAt) throw cause;
    }
    if (await isStale(file)) await rm(file, { force: true });
    else await delay(AGAIN_MS);
  }
}

async function isStale(file: string): Promise<boolean> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
    const pid = Number(text);
    return Date.now() - mtimeMs > STALE_MS || (Number.isInteger(pid) && pid > 0 && pid !== process.pid && !isAlive(pid));
  } catch {
    return false; // it went away meanwhile
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}
