/**
 * Records what a real client sends first, as a fixture for the recognisers: listens on 127.0.0.1:PORT for one connection, answers
 * a handshake where the recognisers would, and writes all bytes of the client that came within a second of the last to FILE.
 * `node_modules/.bin/node tools/record-first-flight.ts 1935 test/names/fixtures/rtmp-CLIENT.bin`, then start the client.
 */
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import { RECOGNISERS } from '../src/names/recognisers.ts';
import { Sniffer } from '../src/names/sniffer.ts';

const [port = '', file = ''] = process.argv.slice(2);
const QUIET_MS = 1000;

const server = net.createServer((socket) => {
  server.close();
  const sniffer = new Sniffer(RECOGNISERS);
  const chunks: Buffer[] = [];
  let decided = false;
  let timer: NodeJS.Timeout | undefined;
  const finish = (): void => {
    clearTimeout(timer);
    socket.destroy();
    writeFileSync(file, Buffer.concat(chunks));
    console.log(`${file}: ${Buffer.concat(chunks).length} bytes`);
  };
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    clearTimeout(timer);
    timer = setTimeout(finish, QUIET_MS);
    if (decided) return;
    const step = sniffer.push(chunk);
    if (step.kind === 'answer') socket.write(step.bytes);
    if (step.kind === 'decided') {
      decided = true;
      console.log(step.sniffed.protocol, step.sniffed.host ?? step.sniffed.why);
    }
  });
  socket.on('end', finish);
  socket.on('error', finish);
});
server.listen(Number(port), '127.0.0.1');
