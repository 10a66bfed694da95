/**
 * The backend of the soak, a process of its own: `node backend.ts HOST PORT none|mail` does what each client's opening says. It says
 * `listening` when it does.
 */

import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { readExactly } from '../../test/support/net/tcp.ts';
import { OPENING_BYTES, readLine, readOpening, receive, send } from './wire.ts';

const [host = '', port, dialogue] = process.argv.slice(2);

const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  socket.on('error', () => undefined);
  serve(socket).catch(() => socket.destroy());
});
server.listen({ host, port: Number(port), backlog: 1024 }, () => process.stdout.write('listening\n'));

async function serve(socket: Socket): Promise<void> {
  if (dialogue === 'mail') await talk(socket);
  const { kind, bytes } = readOpening((await readExactly(socket, OPENING_BYTES)).toString('latin1'));
  if (kind === 'echo') await echo(socket);
  else if (kind === 'up') socket.end((await receive(socket, 0)).digest);
  else socket.end((await send(socket, { bytes, seed: bytes })).digest());
}

async function talk(socket: Socket): Promise<void> {
  socket.write('220 soak ESMTP\r\n');
  for (;;) {
    const line = await readLine(socket);
    socket.write(line === 'DATA' ? '354 go on\r\n' : '250 soak\r\n');
    if (line === 'DATA') return;
  }
}

async function echo(socket: Socket): Promise<void> {
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>)
    if (!socket.write(chunk)) await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve));
  socket.end();
}
