/** Opens COUNT connections to a PORT of this machine and says nothing on any of them; prints `open` when all are, and holds them until it is ended. */
import { once } from 'node:events';
import { connect } from 'node:net';

const [port, count] = process.argv.slice(2).map(Number);
/** Each of the machine's own addresses has source ports enough for a part of them. */
const A_SOURCE = 1000;

for (let opened = 0; opened < (count ?? 0); opened += 1) {
  const socket = connect({ host: '127.0.0.1', port: port ?? 0, localAddress: `127.0.0.${2 + Math.floor(opened / A_SOURCE)}` });
  socket.on('error', () => undefined).resume();
  if (opened % 50 === 0) await once(socket, 'connect');
}
process.stdout.write('open\n');
