/** Sender and receiver of the demo where ffmpeg is not installed: some hundred megabytes one way, a receipt the other way. */
import { createCipheriv, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { OvercoatError } from '../errors.ts';
import type { Meter } from './meter.ts';
import { portOf } from './tap.ts';

const TOTAL_BYTES = 256 * 2 ** 20;
const CHUNK_BYTES = 64 * 2 ** 10;
/** The stream begins with something anybody would recognise on the wire. */
const OPENING = 'Overcoat demo: this line was sent in clear, and anybody on the way could read it.\r\n';

export interface EmbeddedReceiver {
  readonly port: number;
  close(): void;
}

/** Listens on loopback, meters what comes and answers the end of it with `BYTES SHA256` as a receipt. */
export async function startEmbeddedReceiver(meter: Meter): Promise<EmbeddedReceiver> {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => meter.take(chunk));
    socket.on('end', () => socket.end(`${meter.bytes} ${meter.digest()}`));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: portOf(server), close: () => server.close() };
}

export interface Receipt {
  readonly bytes: number;
  readonly sha256: string;
}

/** Sends the whole stream, ends its side and returns the receiver's receipt. */
export async function sendEmbedded(port: number, meter: Meter, signal: AbortSignal): Promise<Receipt> {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true, signal });
  const receipt = readReceipt(socket);
  receipt.catch(() => undefined); // reported by the await below
  const write = async (chunk: Uint8Array): Promise<void> => {
    meter.take(chunk);
    if (!socket.write(chunk)) await Promise.race([once(socket, 'drain'), receipt]);
  };
  await write(Buffer.from(OPENING));
  const noise = createCipheriv('aes-128-ctr', randomBytes(16), randomBytes(16)); // nothing on the way could compress or guess it
  const zeros = Buffer.alloc(CHUNK_BYTES);
  while (meter.bytes < TOTAL_BYTES) await write(noise.update(zeros.subarray(0, TOTAL_BYTES - meter.bytes)));
  socket.end();
  return receipt;
}

async function readReceipt(socket: net.Socket): Promise<Receipt> {
  let text = '';
  socket.setEncoding('latin1').on('data', (part: string) => {
    text += part.slice(0, 200);
  });
  try {
    await once(socket, 'end');
  } catch (cause) {
    throw new OvercoatError('upstream_refused', 'the stream broke before the receiver had acknowledged it', cause);
  }
  const [bytes = '', sha256 = ''] = text.split(' ');
  return { bytes: Number(bytes), sha256 };
}
