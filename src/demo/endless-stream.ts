/** A stream that never ends, for looking at: sent in real time, over a new connection whenever one is broken, to a receiver that drops it. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { portOf } from './tap.ts';

const BITS_A_SECOND = 4_000_000;
const WRITES_A_SECOND = 10;
/** As an encoder that tries again. */
const AGAIN_MS = 1500;

/** @returns its port */
export async function startSink(signal: AbortSignal): Promise<number> {
  const server = net.createServer((socket) => {
    socket.on('error', () => socket.destroy()).resume();
    signal.addEventListener('abort', () => socket.destroy(), { once: true });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  signal.addEventListener('abort', () => server.close(), { once: true });
  return portOf(server);
}

/** Sends until the signal; never rejects. @param port of the client-mode service */
export async function streamForEver(port: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await streamOnce(port, signal);
    await delay(AGAIN_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Resolves when the connection is over, by whatever. */
async function streamOnce(port: number, signal: AbortSignal): Promise<void> {
  const socket = net.connect({ port, host: '127.0.0.1' });
  const end = (): void => void socket.destroy();
  signal.addEventListener('abort', end, { once: true });
  const steps = setInterval(() => {
    // A picture of any kind has moments that take more than others.
    const bytes = (BITS_A_SECOND / 8 / WRITES_A_SECOND) * (0.7 + 0.6 * Math.random());
    if (socket.writableNeedDrain === false) socket.write(randomBytes(Math.round(bytes)));
  }, 1000 / WRITES_A_SECOND);
  await new Promise<void>((resolve) => {
    socket
      .on('error', () => undefined)
      .on('end', end)
      .on('close', () => resolve())
      .resume();
  });
  clearInterval(steps);
  signal.removeEventListener('abort', end);
}
