/** What an echo server behind a daemon shows: bytes that went through it came back as they were. */
import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import type { Ending } from '../temp.ts';
import { ending, readExactly } from './tcp.ts';
import { dialTls } from './tls.ts';

/** What is sent comes back; the connection stays open. */
export async function echoes(socket: Duplex, sent: string | Buffer = 'hello'): Promise<void> {
  const bytes = Buffer.from(sent);
  socket.write(bytes);
  assert.ok((await readExactly(socket, bytes.length)).equals(bytes), 'what comes back is what was sent');
}

/** The same of a new client, which speaks TLS to a port of this machine, takes any certificate, and ends. */
export async function echoesOverTls(t: Ending, port: number): Promise<void> {
  const socket = await dialTls(t, port, { rejectUnauthorized: false });
  await echoes(socket);
  socket.end();
  await ending(socket);
}
