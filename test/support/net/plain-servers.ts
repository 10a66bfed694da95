/**
 * Plain servers that say their own name, as a program for hosts of a test network:
 * `node plain-servers.ts '[["http1", 8001, "one"], ["line", 6401, "one"]]'` listens on 127.0.0.1 and prints `ready`.
 */
import { createServer as createHttp1 } from 'node:http';
import { createServer as createHttp2 } from 'node:http2';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';

export type Role = 'http1' | 'h2c' | 'rtsp' | 'line';
export type PlainServer = readonly [role: Role, port: number, name: string];

const ROLES: Readonly<Record<Role, (name: string) => Server>> = {
  http1: (name) => createHttp1((request, response) => response.end(`${name} ${request.headers.host}\n`)),
  h2c: (name) => createHttp2((request, response) => response.end(`${name} ${request.headers[':authority']}\n`)),
  line: (name) => createServer((socket) => onData(socket, (text) => socket.write(`${name} ${text}`))),
  rtsp: (name) => createServer((socket) => onData(socket, (text) => socket.write(answerRtsp(name, text)))),
};

/** Enough of RFC 2326 for a client to see that it is there, and that it has no such stream. */
function answerRtsp(name: string, request: string): string {
  const sequence = /CSeq: *(\d+)/i.exec(request)?.[1] ?? '0';
  const status = request.startsWith('OPTIONS') ? '200 OK\r\nPublic: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN' : '404 Not Found';
  process.stdout.write(`${name}: ${request.slice(0, request.indexOf('\r'))}\n`);
  return `RTSP/1.0 ${status}\r\nCSeq: ${sequence}\r\nServer: ${name}\r\n\r\n`;
}

function onData(socket: Socket, handle: (text: string) => void): void {
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => handle(chunk.toString('latin1')));
}

const servers = JSON.parse(process.argv[2] ?? '[]') as PlainServer[];
await Promise.all(
  servers.map(([role, port, name]) => new Promise((resolve) => ROLES[role](name).listen(port, '127.0.0.1', () => resolve(undefined)))),
);
process.stdout.write('ready\n');
