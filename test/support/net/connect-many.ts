/** Run inside a host: opens COUNT connections to ADDRESS PORT, ten at a time, waits until each is closed, prints one line of JSON. */
import { connect } from 'node:net';

/** What is printed. */
export interface ManyResult {
  /** Connections the other side closed or reset without having sent anything. */
  readonly closed: number;
  readonly received: number;
  readonly slowestMs: number;
}

const [address, port, count] = process.argv.slice(2);
let closed = 0;
let received = 0;
let slowestMs = 0;

function hit(): Promise<void> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const socket = connect({ host: address, port: Number(port) });
    socket.on('data', (bytes) => {
      received += bytes.length;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      closed += 1;
      slowestMs = Math.max(slowestMs, performance.now() - startedAt);
      resolve();
    });
  });
}

let left = Number(count);
async function hitter(): Promise<void> {
  while (left > 0) {
    left -= 1;
    await hit();
  }
}
await Promise.all(Array.from({ length: 10 }, hitter));
process.stdout.write(`${JSON.stringify({ closed, received, slowestMs })}\n`);
