/** A listener for interception tests, run inside a host: prints one JSON line for every connection and closes it. Argv: PORT. */
import { createServer } from 'node:net';
import { isLocalAddress } from '../../../src/linux/local-addresses.ts';
import { descriptorOf } from '../../../src/linux/sockets/descriptor.ts';
import { originalDestination } from '../../../src/linux/sockets/original-destination.ts';
import { setTransparent } from '../../../src/linux/sockets/transparent.ts';

const server = createServer((socket) => {
  const { localAddress, localPort } = socket;
  const destination = originalDestination(descriptorOf(socket), socket);
  const local = isLocalAddress(localAddress ?? '');
  process.stdout.write(`${JSON.stringify({ destination, local, localAddress, localPort })}\n`);
  socket.on('error', () => undefined);
  socket.end('seen\n');
});
server.listen(Number(process.argv[2]), '::', () => {
  process.stdout.write(`listening ${setTransparent(descriptorOf(server), 6)}\n`);
});
