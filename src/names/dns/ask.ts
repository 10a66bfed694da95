/**
 * Asks the machine's resolvers: one after the other, the next one as soon as the one before failed or was silent for a while, the
 * first answer wins. UDP questions go out on a socket and with an id of their own, so that an answer cannot be guessed.
 */

import { randomInt } from 'node:crypto';
import dgram from 'node:dgram';
import net from 'node:net';
import { isIpv6 } from '../../address/ip.ts';
import { isAnswerTo, withId } from './messages.ts';
import type { Resolver } from './resolvers.ts';
import { frame, TcpFrames } from './tcp-frames.ts';

export type Transport = 'udp' | 'tcp';

export interface AskOptions {
  /** Silence after which the next resolver is asked as well. */
  readonly staggerMs: number;
  /** For the whole question. */
  readonly limitMs: number;
  /** Ends the question at once. */
  readonly signal: AbortSignal | undefined;
}

const DEFAULTS: AskOptions = { staggerMs: 1500, limitMs: 5000, signal: undefined };

/** @returns the answer with the query's own id, or undefined when nobody answered in time. Never rejects. */
export function ask(
  query: Buffer,
  transport: Transport,
  resolvers: readonly Resolver[],
  options: Partial<AskOptions> = {},
): Promise<Buffer | undefined> {
  const { staggerMs, limitMs, signal } = { ...DEFAULTS, ...options };
  const questions = [...resolvers, ...resolvers];
  const sent = withId(query, randomInt(0x10000));
  return new Promise((resolve) => {
    const over = new AbortController();
    let open = 0;
    let stagger: NodeJS.Timeout | undefined;
    const finish = (answer: Buffer | undefined): void => {
      clearTimeout(limit);
      clearTimeout(stagger);
      signal?.removeEventListener('abort', stop);
      over.abort();
      resolve(answer === undefined ? undefined : withId(answer, query.readUInt16BE(0)));
    };
    const stop = (): void => finish(undefined);
    const limit = setTimeout(stop, limitMs);
    signal?.addEventListener('abort', stop);
    const next = (): void => {
      clearTimeout(stagger);
      const resolver = questions.shift();
      if (resolver === undefined) {
        if (open === 0) stop();
        return;
      }
      open++;
      stagger = setTimeout(next, staggerMs);
      const failed = (): void => {
        open--;
        if (!over.signal.aborted) next();
      };
      (transport === 'udp' ? askUdp : askTcp)(sent, resolver, over.signal).then(finish, failed);
    };
    next();
  });
}

function askUdp(query: Buffer, resolver: Resolver, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = dgram.createSocket(isIpv6(resolver.address) ? 'udp6' : 'udp4');
    let ended = false;
    // The listeners stay: a socket that is still being bound closes by them.
    const end = (): void => {
      if (ended) return;
      ended = true;
      signal.removeEventListener('abort', end);
      socket.close();
    };
    signal.addEventListener('abort', end);
    socket.on('error', (cause) => {
      end();
      reject(cause);
    });
    socket.on('message', (message) => {
      if (!isAnswerTo(query, message)) return;
      end();
      resolve(message);
    });
    socket.on('connect', () => {
      if (!ended) socket.send(query);
    });
    // Connected, so that the kernel drops what others send and reports a closed port.
    socket.connect(resolver.port, resolver.address);
  });
}

function askTcp(query: Buffer, resolver: Resolver, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: resolver.address, port: resolver.port });
    const frames = new TcpFrames();
    const end = (): void => {
      signal.removeEventListener('abort', end);
      socket.destroy();
    };
    signal.addEventListener('abort', end);
    socket.on('connect', () => socket.write(frame(query)));
    socket.on('data', (chunk: Buffer) => {
      for (const message of frames.push(chunk)) {
        if (!isAnswerTo(query, message)) continue;
        end();
        resolve(message);
        return;
      }
    });
    socket.on('error', reject);
    socket.on('close', () => {
      end();
      reject(new Error('closed without an answer'));
    });
  });
}
