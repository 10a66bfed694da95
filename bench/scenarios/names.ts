/** What it costs to learn the server's name from each connection, against a service with a fixed one. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import { median } from '../report.ts';
import type { Material } from '../run.ts';
import { Bench } from '../run.ts';
import { fixed, learning } from '../subjects/variants.ts';
import { bulkRow } from './bulk.ts';
import { connectionsRow } from './connections.ts';
import type { Row, Scenario } from './scenario.ts';

/** The load generator's connections begin with an HTTP request, which names the server. */
export const names: Scenario = {
  name: 'names',
  title: 'Learning the name: sni = auto against a fixed name',
  rows: [bulkRow('client', 1), connectionsRow('client', false)],
  subjects: [learning, fixed],
};

const REPEATED = 100;

interface Case {
  readonly what: string;
  /** What the client says first; nothing: the server does. */
  readonly opening: Buffer;
}

const CASES: readonly Case[] = [
  { what: 'SMTP (the server greets)', opening: Buffer.alloc(0) },
  { what: 'PostgreSQL (SSLRequest, which names nobody)', opening: Buffer.from('0000000804d2162f', 'hex') },
  { what: 'HTTP (names its server)', opening: Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n') },
];

export const firstByte: Scenario = {
  name: 'first-byte',
  title: 'Learning the name: time from connecting to the first byte that comes back',
  rows: CASES.map(firstByteRow),
  subjects: [learning, fixed],
};

function firstByteRow({ what, opening }: Case): Row {
  const speaksFirst = opening.length === 0;
  return {
    metrics: [`${what}, ms`],
    mode: 'client',
    rounds: 7,
    measure: async (subject, material) => {
      const server = await startServer(material, speaksFirst);
      const address = `127.0.0.1:${(server.address() as net.AddressInfo).port}`;
      const work = async ({ listen }: Bench): Promise<number[]> => {
        const took: number[] = [];
        for (let count = 0; count < REPEATED; count += 1) took.push(await answeredMs(Number(listen.split(':')[1]), opening));
        return [median(took)];
      };
      try {
        return await Bench.during(subject, 'client', material, work, { server: { address, speaksFirst } });
      } finally {
        server.close();
      }
    },
  };
}

/** A TLS server that says something at once, or when it is asked. */
async function startServer({ certFile, keyFile }: Material, speaksFirst: boolean): Promise<tls.Server> {
  const server = tls.createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (socket) => {
    socket.on('error', () => undefined);
    if (speaksFirst) socket.write('220 greeting\r\n');
    else socket.once('data', () => socket.write('answer\r\n'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function answeredMs(port: number, opening: Buffer): Promise<number> {
  const since = performance.now();
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  if (opening.length > 0) socket.write(opening);
  await once(socket, 'data');
  const ms = performance.now() - since;
  socket.destroy();
  return ms;
}
