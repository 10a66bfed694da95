/** The demo without ffmpeg: some hundred megabytes one way, the receiver's receipt the other way, hashed at both ends. */
import { createCipheriv, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { OvercoatError } from '../errors.ts';
import type { Cargo, Delivery, Progress } from './cargo.ts';
import { Meter } from './meter.ts';
import { portOf } from './tap.ts';

const TOTAL_BYTES = 256 * 2 ** 20;
const CHUNK_BYTES = 64 * 2 ** 10;
const PROGRESS_EVERY_BYTES = 16 * 2 ** 20;
const MAX_RECEIPT_CHARACTERS = 200;
/** The stream begins with something anybody would recognise on the wire. */
const OPENING = 'Overcoat demo: this line is sent in clear by a program that cannot speak TLS.\r\n';

/** Starts the receiver; both ends live in this process. */
export async function embeddedCargo(signal: AbortSignal): Promise<Cargo> {
  const sent = new Meter(true);
  const received = new Meter(true);
  const server = net.createServer({ allowHalfOpen: true }, (socket) => acknowledge(socket, received));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    sender: 'a byte sender of this program',
    receiver: 'a byte receiver of this program',
    port: portOf(server),
    sent,
    received,
    ship: (port, progress) => ship(port, sent, progress, signal),
    close: async () => {
      server.close();
    },
  };
}

/** Meters what comes and answers its end with its own hash, so that the receipt crosses both services too. */
function acknowledge(socket: net.Socket, received: Meter): void {
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => received.take(chunk));
  socket.on('end', () => socket.end(received.digest()));
}

async function ship(port: number, sent: Meter, progress: Progress, signal: AbortSignal): Promise<Delivery> {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true, signal });
  const receipt = readReceipt(socket);
  receipt.catch(() => undefined); // reported below, also when it fails before it is awaited
  const write = async (chunk: Uint8Array): Promise<void> => {
    sent.take(chunk);
    if (!socket.write(chunk)) await Promise.race([once(socket, 'drain'), receipt]);
  };
  await write(Buffer.from(OPENING));
  const noise = createCipheriv('aes-128-ctr', randomBytes(16), randomBytes(16)); // nothing on the way can guess it
  const zeros = Buffer.alloc(CHUNK_BYTES);
  let reported = 0;
  while (sent.bytes < TOTAL_BYTES) {
    await write(noise.update(zeros.subarray(0, TOTAL_BYTES - sent.bytes)));
    if (sent.bytes - reported < PROGRESS_EVERY_BYTES) continue;
    reported = sent.bytes;
    progress(`${Math.round(sent.bytes / 2 ** 20)} of ${TOTAL_BYTES / 2 ** 20} MiB sent`);
  }
  socket.end();
  const receivedSha256 = await receipt;
  return { sentSha256: sent.digest(), receivedSha256 };
}

async function readReceipt(socket: net.Socket): Promise<string> {
  let text = '';
  socket.setEncoding('latin1').on('data', (part: string) => {
    text = (text + part).slice(0, MAX_RECEIPT_CHARACTERS);
  });
  try {
    await once(socket, 'end');
  } catch (cause) {
    throw new OvercoatError('demo_failed', 'the stream broke before the receiver had acknowledged it', cause);
  }
  return text;
}
