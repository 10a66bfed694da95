/**
 * The backend: the first 16 bytes of a connection say what it shall do. `up` counts (and hashes) what comes and answers with one
 * line when all is there; `down` sends; `echo` echoes; `stall` stops reading or sends for ever.
 */
import { createHash } from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';

export const HEADER_BYTES = 16;

/** What every proxy here can do: none of the peers' packages has the post-quantum group that Overcoat would choose. */
export const GROUPS = 'X25519:P-256';

/** What a connection asks for: kind (1 byte), check (1 byte), then the byte count as a 64-bit number at offset 8. */
export const KINDS = { up: 1, down: 2, echo: 3, stall: 4, flood: 5 } as const;

export function header(kind: keyof typeof KINDS, bytes = 0, check = false): Buffer {
  const head = Buffer.alloc(HEADER_BYTES);
  head[0] = KINDS[kind];
  head[1] = check ? 1 : 0;
  head.writeBigUInt64BE(BigInt(bytes), 8);
  return head;
}

/** Incompressible and cheap: one block, sent again and again. */
export const BLOCK = createHash('shake256', { outputLength: 256 * 1024 })
  .update('overcoat bench')
  .digest();

/** Sends `bytes` from BLOCK with back-pressure, then calls `done`. */
export function send(socket: net.Socket, bytes: number, done: () => void): void {
  let left = bytes;
  const go = (): void => {
    while (left > 0) {
      const chunk = left >= BLOCK.length ? BLOCK : BLOCK.subarray(0, left);
      left -= chunk.length;
      if (!socket.write(chunk)) {
        socket.once('drain', go);
        return;
      }
    }
    done();
  };
  go();
}

/** The hash of what `send` sends, for the check. */
export function hashOf(bytes: number): string {
  const hash = createHash('sha256');
  for (let left = bytes; left > 0; left -= BLOCK.length) hash.update(left >= BLOCK.length ? BLOCK : BLOCK.subarray(0, left));
  return hash.digest('hex');
}

/** @returns the port */
export function openBackend(withTls: boolean, cert: Buffer, key: Buffer): Promise<number> {
  const options = { allowHalfOpen: true, noDelay: true };
  const server = withTls ? tls.createServer({ cert, key, ecdhCurve: GROUPS, ...options }, serve) : net.createServer(options, serve);
  return new Promise((resolve) => server.listen(0, '127.0.0.1', 4096, () => resolve((server.address() as net.AddressInfo).port)));
}

function serve(socket: net.Socket): void {
  socket.on('error', () => socket.destroy());
  socket.once('readable', () => {
    const head: Buffer | null = socket.read(HEADER_BYTES) as Buffer | null;
    if (head === null) {
      socket.destroy();
      return;
    }
    const bytes = Number(head.readBigUInt64BE(8));
    if (head[0] === KINDS.up) receive(socket, bytes, head[1] === 1);
    else if (head[0] === KINDS.down) send(socket, bytes, () => socket.end());
    else if (head[0] === KINDS.echo) socket.on('data', (data) => socket.write(data)).on('end', () => socket.end());
    else if (head[0] === KINDS.flood) send(socket, Number.MAX_SAFE_INTEGER, () => undefined);
    else socket.pause();
  });
}

/** Answers when the announced bytes are there, not at the end: not every proxy passes a half-close on. */
function receive(socket: net.Socket, expected: number, check: boolean): void {
  const hash = check ? createHash('sha256') : undefined;
  let bytes = 0;
  socket.on('data', (data: Buffer) => {
    bytes += data.length;
    hash?.update(data);
    if (bytes === expected) socket.end(`${bytes} ${hash?.digest('hex') ?? '-'}\n`);
  });
  socket.on('end', () => socket.end());
}
