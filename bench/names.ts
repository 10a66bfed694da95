/**
 * `npm run bench:names`: what learning the name costs before the first byte arrives. The same far end through a service with a fixed
 * name (a plain relay into TLS) and through one with `sni = auto`, taking turns: a server that greets (SMTP), a client that begins with
 * something that names nobody (psql's SSLRequest), and one that names its server (HTTP). Prints medians; fails beyond 20 ms of delay.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import { makeMaterial, removeMaterial } from './run.ts';

const ROUNDS = 200;
const MAX_DELAY_MS = 20;

interface Case {
  readonly name: string;
  readonly opening: Buffer;
  readonly greets: boolean;
}

const CASES: readonly Case[] = [
  { name: 'smtp (server greets)', opening: Buffer.alloc(0), greets: true },
  { name: 'psql (SSLRequest)', opening: Buffer.from('0000000804d2162f', 'hex'), greets: false },
  { name: 'http (names its server)', opening: Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'), greets: false },
];

const material = makeMaterial();
const greeting = await startServer((socket) => socket.write('220 greeting\r\n'));
const answering = await startServer((socket) => socket.once('data', () => socket.write('answer\r\n')));
const file = join(material.folder, 'names.conf');
const verify = `verifyChain = yes\nCAfile = ${material.caFile}`;
const service = (name: string, far: number, more: string): string =>
  `[${name}]\nclient = yes\naccept = 127.0.0.1:0\nconnect = 127.0.0.1:${far}\n${verify}\n${more}\n`;
const auto = `sni = auto\nnameMissing = send\nserverFirstPorts = ${greeting}`;
const fixed = 'sni = localhost\ncheckHost = localhost';
writeFileSync(
  file,
  `foreground = yes\nsyslog = no\ndebug = 6\n${service('fixed-greeting', greeting, fixed)}${service('auto-greeting', greeting, auto)}` +
    `${service('fixed-answering', answering, fixed)}${service('auto-answering', answering, auto)}`,
);
const daemon = spawn(join(import.meta.dirname, '../bin/overcoat'), ['run', file], { stdio: ['ignore', 'ignore', 'pipe'] });
let log = '';
daemon.stderr.setEncoding('latin1').on('data', (text: string) => {
  if (log.length < 100_000) log += text;
});
try {
  while (!log.includes('Configuration successful') || !log.includes('[auto-answering] bound to')) await once(daemon.stderr, 'data');
  let slow = 0;
  for (const each of CASES) {
    const end = each.greets ? 'greeting' : 'answering';
    const [plain, learnt]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      plain.push(await firstByte(portOf(`fixed-${end}`), each.opening));
      learnt.push(await firstByte(portOf(`auto-${end}`), each.opening));
    }
    const delay = median(learnt) - median(plain);
    if (delay > MAX_DELAY_MS) slow++;
    process.stdout.write(
      `${each.name.padEnd(26)} fixed ${median(plain).toFixed(2)} ms, auto ${median(learnt).toFixed(2)} ms, delay ${delay.toFixed(2)} ms\n`,
    );
  }
  process.exitCode = slow === 0 ? 0 : 1;
} finally {
  daemon.kill('SIGTERM');
  removeMaterial(material);
}
process.exit();

async function startServer(handle: (socket: tls.TLSSocket) => void): Promise<number> {
  const server = tls.createServer({ cert: readFileSync(material.certFile), key: readFileSync(material.keyFile) }, (socket) => {
    socket.on('error', () => undefined);
    handle(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as net.AddressInfo).port;
}

function portOf(name: string): number {
  const found = new RegExp(`\\[${name}\\] bound to 127\\.0\\.0\\.1:(\\d+)`).exec(log);
  return Number(found?.[1]);
}

/** Milliseconds from connecting to the first byte that comes back. */
async function firstByte(port: number, opening: Buffer): Promise<number> {
  const since = performance.now();
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  if (opening.length > 0) socket.write(opening);
  await once(socket, 'data');
  const ms = performance.now() - since;
  socket.destroy();
  return ms;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
