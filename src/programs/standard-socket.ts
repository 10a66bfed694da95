/**
 * The client of inetd mode: whoever is at the other end of descriptors 0 and 1. inetd gives one socket on both; ssh's ProxyCommand
 * and others give two pipes (or two sockets), which a pair of sockets of our own makes into one that can be relayed and half closed
 * like any other.
 */

import { fstatSync } from 'node:fs';
import net from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { socketPair } from '../linux/libc/sockets.ts';
import { areOneSocket } from '../linux/process/standard-streams.ts';
import type { Leg } from '../sockets/leg.ts';
import { PlainLeg } from '../sockets/plain-leg.ts';
import { systemError } from '../text/system-error.ts';
import { socketOf } from './program-end.ts';

const INPUT = 0;
const OUTPUT = 1;

export interface StandardClient {
  readonly leg: Leg;
  /** After the leg was ended: resolves when all of it has left the process. */
  readonly delivered: Promise<void>;
}

/** @throws NodeJS.ErrnoException where 0 and 1 are nothing that can be read and written */
export function standardClient(): StandardClient {
  if (areOneSocket(INPUT, OUTPUT)) return { leg: new PlainLeg(socketOf(INPUT)), delivered: Promise.resolve() };
  const input = inputStream();
  const output = outputStream();
  const ends = socketPair();
  if (typeof ends === 'number') throw systemError('socketpair', ends);
  const far = new net.Socket({ fd: ends[1], allowHalfOpen: true });
  // Whatever fails ends both directions: the connection sees its client gone.
  const arrived = pipeline(input, far);
  const delivered = pipeline(far, output);
  arrived.catch(() => undefined);
  return { leg: new PlainLeg(socketOf(ends[0])), delivered: delivered.catch(() => undefined) };
}

/** Node writes synchronously to a pipe of its own standard output, which two programs that wait for each other would not survive. */
function outputStream(): Writable {
  return isPipeOrSocket(OUTPUT) ? new net.Socket({ fd: OUTPUT, readable: false, writable: true }) : process.stdout;
}

function inputStream(): Readable {
  return isPipeOrSocket(INPUT) ? new net.Socket({ fd: INPUT, readable: true, writable: false }) : process.stdin;
}

function isPipeOrSocket(fd: number): boolean {
  const facts = fstatSync(fd);
  return facts.isFIFO() || facts.isSocket();
}
