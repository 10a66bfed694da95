/**
 * Good traffic beside the hostile: streams at a steady rate and a game of ping-pong, through a server-mode service to this program, which is
 * also their backend. What it measures is time on the way: how late a packet arrives after it was sent, and how long an answer takes.
 * As a program: PORT-OF-BACKEND; then one line on standard input for each measurement: PORT-OF-SERVICE SECONDS; answers one line of JSON.
 */
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { TLSSocket } from 'node:tls';
import { connect } from 'node:tls';

export interface Carried {
  /** Of all streams: bytes that arrived of those that were sent, once all had time to. */
  readonly arrived: number;
  /** The longest time a packet of a stream was on its way. */
  readonly longestMs: number;
  readonly echoes: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly worstMs: number;
}

const STREAMS = 10;
/** Of each stream, every 20 ms: 6 Mbit/s. */
const PACKET_BYTES = 15_000;
const PACKET_MS = 20;
const STREAM = 1;
const ECHO = 2;
/** The first byte of a packet, and behind it when it was sent. */
const STAMP_BYTES = 9;

/** What the backend has of the streams. */
const received = { bytes: 0, longestMs: 0 };

function serve(socket: Socket): void {
  socket.on('error', () => undefined).setNoDelay(true);
  socket.once('data', (first) => {
    socket.unshift(first);
    socket.pause();
    if (first[0] === STREAM) socket.on('data', countInto());
    else socket.pipe(socket);
    socket.resume();
  });
}

/** Takes packets apart, however they come. */
function countInto(): (bytes: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0);
  return (bytes) => {
    received.bytes += bytes.length;
    pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
    while (pending.length >= PACKET_BYTES) {
      received.longestMs = Math.max(received.longestMs, performance.now() - pending.readDoubleBE(1));
      pending = pending.subarray(PACKET_BYTES);
    }
  };
}

async function measure(port: number, ms: number): Promise<Carried> {
  const sockets = await Promise.all(Array.from({ length: STREAMS + 1 }, () => dial(port)));
  const [player, ...streams] = sockets as [TLSSocket, ...TLSSocket[]];
  const latencies: number[] = [];
  await play(player, latencies, performance.now() + 500); // everything is compiled and awake
  latencies.length = 0;
  received.bytes = 0;
  received.longestMs = 0;
  const until = performance.now() + ms;
  const [sent] = await Promise.all([stream(streams, until), play(player, latencies, until)]);
  await new Promise((resolve) => setTimeout(resolve, 500)); // what is on its way arrives
  for (const socket of sockets) socket.destroy();
  latencies.sort((a, b) => a - b);
  const at = (part: number): number => latencies[Math.min(latencies.length - 1, Math.floor(part * latencies.length))] ?? Number.NaN;
  return {
    arrived: received.bytes / sent,
    longestMs: received.longestMs,
    echoes: latencies.length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    worstMs: at(1),
  };
}

function dial(port: number): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false });
    socket.setNoDelay(true);
    socket.on('error', reject);
    socket.once('secureConnect', () => resolve(socket));
  });
}

/** @returns bytes sent */
function stream(streams: readonly TLSSocket[], until: number): Promise<number> {
  let sent = 0;
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const now = performance.now();
      if (now >= until) {
        clearInterval(timer);
        resolve(sent);
        return;
      }
      for (const socket of streams) {
        const packet = Buffer.alloc(PACKET_BYTES, STREAM);
        packet.writeDoubleBE(performance.now(), 1);
        socket.write(packet);
        sent += packet.length;
      }
    }, PACKET_MS);
  });
}

function play(player: TLSSocket, latencies: number[], until: number): Promise<void> {
  return new Promise((resolve) => {
    let sentAt = 0;
    let got = 0;
    const serveBall = (): void => {
      sentAt = performance.now();
      if (sentAt >= until) {
        player.off('data', back);
        resolve();
        return;
      }
      player.write(Buffer.alloc(STAMP_BYTES, ECHO));
    };
    const back = (bytes: Buffer): void => {
      got += bytes.length;
      if (got < STAMP_BYTES) return;
      got = 0;
      latencies.push(performance.now() - sentAt);
      setTimeout(serveBall, 2);
    };
    player.on('data', back);
    serveBall();
  });
}

const backend = createServer({ allowHalfOpen: false }, serve);
backend.listen(Number(process.argv[2]), '127.0.0.1', () => process.stdout.write(`port ${JSON.stringify(backend.address())}\n`));
createInterface({ input: process.stdin }).on('line', (line) => {
  const [port, seconds] = line.split(' ').map(Number);
  measure(port ?? 0, 1000 * (seconds ?? 1)).then(
    (carried) => process.stdout.write(`carried ${JSON.stringify(carried)}\n`),
    (error: Error) => process.stdout.write(`failed ${error.message}\n`),
  );
});
